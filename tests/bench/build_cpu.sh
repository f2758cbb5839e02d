#!/usr/bin/env bash
# build_cpu.sh: what a clean release build costs, in CPU seconds. SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  cat <<'EOT'
usage: tests/bench/build_cpu.sh [--jobs N] [--top N]

Builds everything but the libtorch plugins with the release preset, without ccache, in a folder of its own that it
removes, and prints

  figure build.release.cpu_s VALUE s target <=240 tier=-

VALUE is user + system time of the build and of all it started; configuring does not count. How long it takes, and how
busy the machine is, hardly matter; hyper-threads that share a core do. Exit 0 also where the target is missed.

  --jobs N   compile this many files at once (default: 1)
  --top N    show the N costliest steps (wall-clock seconds)
EOT
}

jobs=1 top=0
while [ $# -gt 0 ]; do
  case "$1" in
    -h|--help) usage; exit 0 ;;
    --jobs|--top)
      [[ $# -ge 2 && "$2" =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
      if [ "$1" = --jobs ]; then jobs=$2; else top=$2; fi
      shift ;;
    *) echo "error: unknown argument $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CCACHE_DISABLE=1
if ! cmake --preset release -B "$work/build" -DSTOA_TORCH=OFF > "$work/log" 2>&1; then
  tail -30 "$work/log"
  exit 1
fi
python3 -B - "$work" "$jobs" "$top" << 'EOT'
import pathlib, resource, subprocess, sys

sys.path.insert(0, "tests/bench")
from measure import figure, machine_line

work, jobs, top = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open(work / "log", "w") as log:
    done = subprocess.run(["cmake", "--build", work / "build", "-j", jobs], stdout=log, stderr=log)
if done.returncode != 0:
    sys.exit((work / "log").read_text()[-4000:] + "error: the release preset does not build")
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(machine_line())
print(f"user {used.ru_utime:.1f} s, system {used.ru_stime:.1f} s, jobs {jobs}")
rows = [line.split("\t") for line in (work / "build/.ninja_log").read_text().splitlines()[1:]]
for start, end, _, output, _ in sorted(rows, key=lambda r: int(r[0]) - int(r[1]))[:top]:
    print(f"  {(int(end) - int(start)) / 1000:5.1f} s  {output}")
figure("build.release.cpu_s", used.ru_utime + used.ru_stime, "s", "<=240", "-")
EOT
