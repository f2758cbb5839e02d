#!/usr/bin/env bash
# run.sh [--nightly] [--times N] [--kinds a,b] …: every kind of bad plugin against a real host; prints figures.
# run.sh ledger [--times N]: kill -9 of a host that charges, N times, under clients that ask again by their keys.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

build=$PWD/build/release
mkdir -p build
if [[ "${1:-}" == ledger ]]; then
  times=30
  [[ "${2:-}" == --times ]] && times=$3
  if ! { cmake --preset release && cmake --build --preset release --target killed_calls_test; } > build/faults-build.log 2>&1; then
    tail -30 build/faults-build.log
    exit 1
  fi
  STOA_KILLS=$times STOA_SOURCE_DIR=$PWD STOA_BINARY_DIR=$build exec timeout 36000 "$build/bin/killed_calls_test"
fi
case " $* " in *" --help "* | *" -h "*) exec python3 -B tests/faults/faults.py --help ;; esac
if ! { cmake --preset release && cmake --build --preset release --target stoa stoa_confined stoa_faults; } > build/faults-build.log 2>&1; then
  tail -30 build/faults-build.log
  exit 1
fi
exec timeout 36000 python3 -B tests/faults/faults.py --build $build "$@"
