#!/usr/bin/env bash
# run.sh: installs what the tests need, builds every preset and runs all tests.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'EOT'
usage: tests/run.sh [--quick] [--nightly] [--only PRESET]

  (nothing)        release with all tests, then asan, tsan and a short fuzz run: what CI runs
  --quick          the release preset's tests labelled quick, without installing anything
  --nightly        with ten minutes for each fuzz target instead of twenty seconds, and the tests labelled nightly
  --only PRESET    one of release asan tsan fuzz

examples:
  tests/run.sh --quick
  tests/run.sh --only tsan
EOT
}

quick=0 nightly=0 presets=(release asan tsan fuzz)
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=1; presets=(release) ;;
    --nightly) nightly=1 ;;
    --only) [ $# -ge 2 ] || { usage >&2; exit 2; }; presets=("$2"); shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "error: unknown argument $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

started=$(date +%s)
say() { printf '\n== %s (%d s)\n' "$*" $(($(date +%s) - started)); }

if [ $quick -eq 0 ]; then
  say "Debian packages"
  examples/install_packages.sh examples/debian-packages.txt tests/debian-packages.txt
  # Only where there is none: a newer Node.js from elsewhere has its own npm.
  command -v npm > /dev/null || examples/install_packages.sh <(echo npm)
fi

fuzz_seconds=20
[ $nightly -eq 1 ] && fuzz_seconds=600
jobs=$(nproc)
mkdir -p build
failed=()
for preset in "${presets[@]}"; do
  say "$preset: build"
  # The log is long and only matters when something fails.
  if ! { timeout 2400 cmake --preset "$preset" -DSTOA_FUZZ_SECONDS=$fuzz_seconds && timeout 2400 cmake --build --preset "$preset" -j "$jobs"; } \
      > "build/$preset.log" 2>&1; then
    tail -40 "build/$preset.log"
    echo "error: the $preset preset does not build; the whole log is build/$preset.log" >&2
    failed+=("$preset build")
    continue
  fi
  say "$preset: tests"
  labels=(-LE nightly)
  [ $nightly -eq 1 ] && labels=()
  [ $quick -eq 1 ] && labels=(-L quick)
  # What does not depend on how the host was compiled ran with release already.
  [ "$preset" != release ] && labels=(-LE 'lint|install|slow|nightly' -E 'abi_headers|abi_lock')
  [ "$preset" = fuzz ] && labels=(-L fuzz)
  timeout 4500 ctest --preset "$preset" -j "$jobs" "${labels[@]}" --output-on-failure || failed+=("$preset tests")
done

say "done"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
