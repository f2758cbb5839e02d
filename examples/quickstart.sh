#!/usr/bin/env bash
# quickstart.sh: from a fresh Debian 12 to an answer of a real neural network, in one command.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'EOT'
usage: examples/quickstart.sh [--once] [--port N] [--no-install]

  installs the Debian packages that are missing, builds the host and the image classifier, signs the plugin with a
  new key, serves it and posts real pictures. The host stays up until Ctrl-C.

  --once         end the host after the first answers
  --port N       port for applications (default 8080; 0: any free one)
  --no-install   do not call apt

examples:
  examples/quickstart.sh
  examples/quickstart.sh --once --port 0
EOT
}

once=0 port=8080 install=1
while [ $# -gt 0 ]; do
  case "$1" in
    --once) once=1 ;;
    --port) [ $# -ge 2 ] || { usage >&2; exit 2; }; port=$2; shift ;;
    --no-install) install=0 ;;
    -h|--help) usage; exit 0 ;;
    *) echo "error: unknown argument $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

if [ $install -eq 1 ]; then
  step "1/5 Debian packages"
  examples/install_packages.sh examples/debian-packages.txt
fi

build=build/quickstart
mkdir -p build
step "2/5 building the host and the plugin (a few minutes the first time)"
cmake --preset release -B $build -DSTOA_TESTS=OFF -DSTOA_BENCH=OFF > $build.configure.log 2>&1 ||
  { tail -20 $build.configure.log; exit 1; }
cmake --build $build --target stoa image_classify
stoa=$build/bin/stoa

demo=$build/demo
rm -rf $demo
mkdir -p $demo/packages $demo/keys
step "3/5 packing and signing the plugin"
$stoa keygen --out $demo/keys/stoa-demo
$stoa pack $build/plugins/image_classify/image_classify.plugin -o $demo/unsigned.stoa
$stoa sign $demo/unsigned.stoa --key $demo/keys/stoa-demo.key.pem -o $demo/packages/stoa-demo-image-classify-1.0.0.stoa
$stoa inspect $demo/packages/*.stoa --trust stoa-demo=$demo/keys/stoa-demo.pub.pem

step "4/5 starting the host"
# The plugin runs in a sandboxed worker. --allow: libtorch's oneDNN makes code for each new shape.
$stoa serve --packages $demo/packages --state $demo/state --trust stoa-demo=$demo/keys/stoa-demo.pub.pem \
  --allow 'stoa-demo/image-classify=jit' --port "$port" --operator-port 0 --ports-file $demo/ports > $demo/host.log 2>&1 &
host=$!
trap 'kill -TERM $host 2>/dev/null; wait $host 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  kill -0 $host 2>/dev/null || { cat $demo/host.log; echo "error: the host ended; its log is above" >&2; exit 1; }
  [ -s $demo/ports ] && curl -sf "http://127.0.0.1:$(sed -n 1p $demo/ports)/v2/health/ready" > /dev/null && break
  sleep 0.2
done
url=http://127.0.0.1:$(sed -n 1p $demo/ports)
curl -sf "$url/v2/health/ready" > /dev/null || { cat $demo/host.log; echo "error: the host is not ready after 60 s" >&2; exit 1; }
echo "ready at $url"

step "5/5 asking it about pictures"
model=stoa-demo/fashion
for picture in plugins/image_classify/pictures/*.png plugins/image_classify/pictures/*.jpg; do
  [ -e "$picture" ] || continue
  curl -sS --fail-with-body -H 'Content-Type: image/'"$(case $picture in *.png) echo png ;; *) echo jpeg ;; esac)" \
       --data-binary "@$picture" "$url/v2/models/$model/infer" |
    jq -r --arg name "$(basename "$picture")" '
      (.outputs[] | select(.name == "label") | .data[0]) as $class |
      (.outputs[] | select(.name == "probabilities") | .data | max) as $p |
      "  \($name): \($class) (\(($p * 1000 | round) / 10) %)"'
done

cat <<EOT

  try it yourself:
    curl -s $url/v2/models/$model | jq
    curl -s -H 'Content-Type: image/png' --data-binary @plugins/image_classify/pictures/$(ls plugins/image_classify/pictures 2>/dev/null | grep png | head -1) $url/v2/models/$model/infer | jq
    curl -s http://127.0.0.1:$(sed -n 2p $demo/ports)/metrics
EOT
if [ $once -eq 0 ]; then
  echo
  echo "  the host answers at $url until you press Ctrl-C; its log: $demo/host.log"
  wait $host
fi
