#!/usr/bin/env bash
# run.sh: installs what the tests need, builds every preset and runs all tests.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'EOT'
usage: tests/run.sh [--quick] [--nightly] [--only PRESET]

  (nothing)        release with all tests; asan with a short run of each fuzz target, without the longest tests; tsan
                   with the tests labelled threads: what CI runs
  --quick          the release preset's tests labelled quick, without installing anything
  --nightly        all tests in every preset, those labelled nightly too, and ten minutes for each fuzz target instead of
                   eight seconds
  --only WHAT      one of release asan tsan fuzz (the asan preset's fuzz targets alone)

examples:
  tests/run.sh --quick
  tests/run.sh --only tsan
EOT
}

quick=0 nightly=0 only_fuzz=0 presets=(release asan tsan)
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

# run_tests PRESET ARGUMENT…: its tests, two at a time where there are two cores. What fails beside others is asked once
# more alone: if it passes then, waiting was too short for a busy machine, and it is named at the end as such. There is no
# second chance for what a sanitizer or a fuzz target reported, nor for more than three tests. A worker whose plugin ends
# it leaves threads behind: that report is no finding.
run_tests() {
  local preset=$1 temporary=build/$1/Testing/Temporary
  shift
  timeout 4500 ctest --preset "$preset" -j "$jobs" "$@" --output-on-failure && return 0
  cp "$temporary/LastTest.log" "build/$preset.tests.log"
  local names
  names=$(cut -d: -f2 "$temporary/LastTestsFailed.log")
  [ -n "$names" ] && [ "$(wc -l <<< "$names")" -le 3 ] || return 1
  ! grep -E '(ERROR|WARNING|SUMMARY): ([A-Za-z]*Sanitizer|libFuzzer)|runtime error:' "build/$preset.tests.log" |
    grep -qv 'ThreadSanitizer: thread leak' || return 1
  say "$preset: alone once more: $(paste -sd' ' <<< "$names")"
  # By name: --rerun-failed goes by numbers, which -E changes.
  timeout 1200 ctest --preset "$preset" -j 1 -R "^($(tr + . <<< "$names" | paste -sd'|'))\$" --no-tests=error \
    --output-on-failure || return 1
  busy+=("$preset: $(paste -sd' ' <<< "$names")")
}

fuzz_seconds=8
[ $nightly -eq 1 ] && fuzz_seconds=600
if [ "${presets[0]}" = fuzz ]; then only_fuzz=1 presets=(asan); fi
jobs=$(nproc)
mkdir -p build
failed=() busy=()
for preset in "${presets[@]}"; do
  say "$preset: build"
  # What does not depend on how the host was compiled ran with release already.
  targets=() labels=()
  case "$preset-$nightly" in
    release-0) labels=(-LE nightly) ;;
    release-1) ;;
    tsan-0) targets=(--target stoa_threaded) labels=(-L threads) ;;
    *-0) labels=(-LE 'lint|install|slow|nightly|thorough|tiers' -E 'abi_headers|abi_lock') ;;
    *-1) labels=(-LE 'lint|install|slow' -E 'abi_headers|abi_lock') ;;
  esac
  [ $quick -eq 1 ] && labels=(-L quick)
  [ $only_fuzz -eq 1 ] && labels=(-L fuzz)
  # The log is long and only matters when something fails.
  if ! { timeout 2400 cmake --preset "$preset" -DSTOA_FUZZ_SECONDS=$fuzz_seconds &&
         timeout 2400 cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"; } > "build/$preset.log" 2>&1; then
    tail -40 "build/$preset.log"
    echo "error: the $preset preset does not build; the whole log is build/$preset.log" >&2
    failed+=("$preset build")
    continue
  fi
  say "$preset: tests"
  run_tests "$preset" "${labels[@]}" || failed+=("$preset tests")
done

say "done"
[ ${#busy[@]} -eq 0 ] || printf 'passed only alone: %s\n' "${busy[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
