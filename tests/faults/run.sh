#!/usr/bin/env bash
# run.sh [--nightly] [--times N] [--kinds a,b] …: every kind of bad plugin against a real host; prints figures.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

build=$PWD/build/release
mkdir -p build
case " $* " in *" --help "* | *" -h "*) exec python3 -B tests/faults/faults.py --help ;; esac
if ! { cmake --preset release && cmake --build --preset release --target stoa stoa_confined stoa_faults; } > build/faults-build.log 2>&1; then
  tail -30 build/faults-build.log
  exit 1
fi
exec timeout 36000 python3 -B tests/faults/faults.py --build $build "$@"
