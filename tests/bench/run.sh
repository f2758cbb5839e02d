#!/usr/bin/env bash
# run.sh [NAME…]: measures, and prints one `figure` line per claim. SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  cat <<'EOT'
usage: tests/bench/run.sh [--rounds N] [--seconds S] [NAME…]

  null      1 KB JSON through the null model, inline and on a model thread, beside nginx and a bare Beast responder;
            with 86 floats (http.null) and with one text (http.null_text): both count
  worker    a call through a sandboxed worker beside a thread, a Unix socket, and nginx; 1,000 crashes
  https     the same over TLS, beside nginx
  binary    1 MiB binary tensors, beside an echo of the same bytes
  idle      memory of 10,000 idle connections
  json      tensor JSON, beside nlohmann-json
  call      the runtime's own cost of a call
  start     from a worker's death to its replacement, in T2n: by a zygote, and spawned; with and without libtorch
  admission what asking whether a call may go ahead costs, beside all that a small request costs
  resolve   names of a catalogue of 10,000 plugins with 50 versions each: index built, asked, changed
  start_catalogue  a host's start on a registry of 10,000 plugins with 50 releases each, kept in build/release/bench; one
            act there: its cost to the host's index, the signer and a follower
  listing   searching what 10,000 plugins with two models each show
  ledger    a call held, priced, shared out and booked, beside a log that only writes and syncs, and
            transfers in PostgreSQL; the journal read again; over HTTP at 64 connections, beside the same calls for nothing
  audit     a publisher's audit of its entries: leaves a second
  projection  the journal as tables: made anew, and kept up with 50,000 events a second; a start after kill -9; one publisher
            whom everybody calls beside 10,000
  blobs     putting a blob and reading it verified, beside cp and sha256sum of the same file
  sealed    opening encrypted weights: GB/s of a core, and memory over the weights' size
  build     CPU seconds of a clean release build; only when it is named: tests/bench/build_cpu.sh

examples:
  tests/bench/run.sh
  tests/bench/run.sh --rounds 9 null
EOT
}

options=() names=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h|--help) usage; exit 0 ;;
    --rounds|--seconds) [ $# -ge 2 ] || { usage >&2; exit 2; }; options+=("$1" "$2"); shift ;;
    null|worker|https|binary|idle|json|call|start|admission|resolve|start_catalogue|listing|ledger|audit|projection|blobs|sealed|build) names+=("$1") ;;
    *) echo "error: unknown argument $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
[ ${#names[@]} -gt 0 ] || names=(null worker https binary idle json call start admission resolve start_catalogue listing ledger audit projection blobs sealed)

if [ "${names[*]}" = build ]; then exec tests/bench/build_cpu.sh; fi

build=build/release
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release; } > build/bench-build.log 2>&1; then
  tail -30 build/bench-build.log
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

http=()
for name in "${names[@]}"; do
  case "$name" in
    build) tests/bench/build_cpu.sh ;;
    json) taskset -c 0 $build/bin/bench_tensor_json ;;
    ledger)
      mkdir -p build/bench-ledger && rm -rf build/bench-ledger/*
      $build/bin/stoa_bench_ledger build/bench-ledger | tee "$work/ledger"
      TMPDIR=$PWD/build/bench-ledger tests/bench/postgres_hot_accounts.sh 5 "$(sed -n 's/^figure ledger.events_per_s \([0-9]*\).*/\1/p' "$work/ledger")"
      http+=(billed) ;;
    projection) mkdir -p build/bench-projection && rm -rf build/bench-projection/* && $build/bin/stoa_bench_projection build/bench-projection ;;
    audit) taskset -c 0 $build/bin/stoa_bench_audit ;;
    worker)
      $build/bin/stoa_bench_worker $build/fixtures call
      taskset -c 0 $build/bin/stoa_bench_worker $build/fixtures call
      $build/bin/stoa_bench_worker $build/fixtures crash
      http+=(worker) ;;
    start)  # ahead of what else runs here, where that is allowed: worker processes start at nice 10
      ahead=(chrt -r 1); "${ahead[@]}" true 2>/dev/null || ahead=()
      for fixture in crasher on_torch/on_torch; do
        [ ! -e $build/fixtures/$fixture.so ] || "${ahead[@]}" $build/bin/stoa_bench_worker_start $build/fixtures/$fixture.so T2n
      done ;;
    blobs) mkdir "$work/blobs"; $build/bin/stoa_bench_blobs "$work/blobs"; rm -r "$work/blobs" ;;
    admission) STOA_BINARY_DIR=$PWD/$build $build/bin/stoa_bench_admission ;;
    sealed) mkdir "$work/sealed"; taskset -c 0 $build/bin/stoa_bench_sealed "$work/sealed"; rm -r "$work/sealed" ;;
    call) taskset -c 0,1 $build/bin/stoa_bench_call ;;
    listing) taskset -c 0 $build/bin/stoa_bench_listing ;;
    start_catalogue)
      # Figures that missed their target are printed as such; the others are still wanted.
      timeout 3000 /usr/bin/python3 tests/bench/start_catalogue.py $build $build/bench/catalogue || true
      $build/bin/stoa_bench_change $build/bench/catalogue ;;
    resolve) taskset -c 0 $build/bin/stoa_bench_resolve ;;
    *) http+=("$name") ;;
  esac
done
[ ${#http[@]} -eq 0 ] || timeout 1500 /usr/bin/python3 tests/bench/http_figures.py $build "$work" "${options[@]}" "${http[@]}"
