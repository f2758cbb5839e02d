#!/usr/bin/env bash
# quickstart.sh: from a fresh Debian 12 to an answer of a real neural network, in one command.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'EOT'
usage: examples/quickstart.sh [--once] [--port N] [--no-install]

  installs the Debian packages that are missing, builds the host and the image classifier, signs the plugin with a
  new key, publishes it over HTTP in a new registry, reviews it, sets its price and who earns it, licenses it to a
  customer, and posts real pictures with the customer's key to what is served then. The publisher works out what it
  earned. The host stays up until Ctrl-C.

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
  step "1/9 Debian packages"
  examples/install_packages.sh examples/debian-packages.txt
fi

build=build/quickstart
mkdir -p build
step "2/9 building the host and the plugin (a few minutes the first time)"
cmake --preset release -B $build -DSTOA_TESTS=OFF -DSTOA_BENCH=OFF > $build.configure.log 2>&1 ||
  { tail -20 $build.configure.log; exit 1; }
cmake --build $build --target stoa image_classify
stoa=$build/bin/stoa

demo=$build/demo
rm -rf $demo
mkdir -p $demo/packages
package=$demo/stoa-demo-image-classify-1.0.0.stoa
step "3/9 packing and signing the plugin"
$stoa keygen --out $demo/stoa-demo
$stoa keygen --out $demo/platform  # signs what leaves the platform as files, and its share of agreements
$stoa pack $build/plugins/image_classify/image_classify.plugin -o $demo/unsigned.stoa
$stoa sign $demo/unsigned.stoa --key $demo/stoa-demo.key.pem -o $package
$stoa inspect $package --trust stoa-demo=$demo/stoa-demo.pub.pem

step "4/9 starting a host with a registry"
# The plugin runs in a sandboxed worker. permissions: libtorch's oneDNN makes code for each new shape.
cat > $demo/stoa.toml <<EOT
packages = "packages"
state = "state"
[registry]
folder = "registry"
[licensing]
folder = "licensing"
issuer_key = "platform.key.pem"
[billing]
folder = "billing"
[permissions]
"stoa-demo/image-classify" = ["jit"]
[customer]
port = $port
[operator]
port = 0
EOT
$stoa serve --config $demo/stoa.toml --ports-file $demo/ports > $demo/host.log 2>&1 &
host=$!
trap 'kill -TERM $host 2>/dev/null; wait $host 2>/dev/null || true' EXIT
# wait_until SECONDS WHAT COMMAND...: until the command succeeds; ends with the host's log if it does not, or the host ends.
wait_until() {
  local seconds=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" > /dev/null 2>&1; do
    kill -0 $host 2>/dev/null || { cat $demo/host.log; echo "error: the host ended; its log is above" >&2; exit 1; }
    [ $SECONDS -lt $end ] || { cat $demo/host.log; echo "error: $what: not after $seconds s" >&2; exit 1; }
    sleep 0.2
  done
}
wait_until 60 "the host has no ports" test -s $demo/ports
url=http://127.0.0.1:$(sed -n 1p $demo/ports)
export STOA_REGISTRY=http://127.0.0.1:$(sed -n 2p $demo/ports)
wait_until 60 "the host is not alive" curl -sf "$url/v2/health/live"
echo "applications ask $url, operators and publishers $STOA_REGISTRY"

step "5/9 publishing it: a publisher, its key, its package, a review, a name"
admin="--token-file $demo/registry/admin.token" partner="--token-file $demo/stoa-demo.token"
$stoa publishers create stoa-demo --display-name 'Stoa Demo' --token-out $demo/stoa-demo.token $admin
$stoa publishers let-pass stoa-demo $admin  # a name with "stoa" in it is held until an operator has looked at it
$stoa publishers add-key stoa-demo --key $demo/stoa-demo.key.pem $partner
$stoa publish $package --changelog 'the first release' --wait $partner
release=$($stoa releases list --plugin stoa-demo/image-classify --json $partner | jq -r '.items[0].id')
$stoa releases accept "$release" $admin
$stoa aliases move stoa-demo/fashion default 1.0.0 --note quickstart $admin
wait_until 60 "the model is not ready" curl -sf "$url/v2/models/stoa-demo/fashion/ready"
$stoa audit verify $admin

step "6/9 what it costs, and who earns it: 70 % its publisher, 20 % who gave the data, 10 % the platform"
$stoa keygen --out $demo/corpus
cat > $demo/prices.json <<'EOT'
{"publisher": "stoa-demo", "currency": "EUR", "period": "month", "meters": [{"meter": "call", "tiers": [{"price": "0.01"}]}]}
EOT
cat > $demo/shares.json <<'EOT'
{"publisher": "stoa-demo", "currency": "EUR", "platform_fee": [{"ppm": 0}],
 "parties": [{"name": "publisher/stoa-demo", "ppm": 700000}, {"name": "data/corpus", "ppm": 200000},
             {"name": "platform", "ppm": 100000}]}
EOT
prices=$($stoa prices create $demo/prices.json --json $admin | jq -r .id)
agreement=$($stoa agreements propose $demo/shares.json --json $admin | jq -r .id)
$stoa agreements add-key data/corpus $demo/corpus.pub.pem $admin
$stoa agreements export "$agreement" --out $demo/to-sign.json $admin
for party in publisher/stoa-demo data/corpus; do  # each on its own machine, with its own key
  $stoa agreements sign $demo/to-sign.json --key $demo/${party##*/}.key.pem --out $demo/${party##*/}.stoa-signature
  $stoa agreements submit "$agreement" $demo/${party##*/}.stoa-signature --as $party $admin
done
$stoa agreements countersign "$agreement" $admin
$stoa prices charge stoa-demo/fashion "$prices" "$agreement" $admin

step "7/9 who may call it: a customer, its key, its licence, its wallet"
$stoa customers create northwind --display-name 'Northwind Traders' $admin
$stoa keys create northwind shop --scope infer --scope account --rate 100/1s --out $demo/shop.key $admin
$stoa licences issue --customer northwind --model stoa-demo/fashion --quota 1000/month $admin
$stoa customers billing northwind --currency EUR --tax-ppm 190000 --tax-office DE $admin
$stoa wallets top-up northwind 30.00 --reason 'first transfer' --once transfer-1 $admin
key="Authorization: Bearer $(cat $demo/shop.key)"

step "8/9 asking it about pictures"
model=stoa-demo/fashion
sample=plugins/image_classify/pictures/$(ls plugins/image_classify/pictures | grep png | head -1)
# What counts now is known to every connection within a second.
wait_until 10 "the key does not count" curl -sf -H "$key" -H 'Content-Type: image/png' --data-binary "@$sample" "$url/v2/models/$model/infer"
for picture in plugins/image_classify/pictures/*.png plugins/image_classify/pictures/*.jpg; do
  [ -e "$picture" ] || continue
  curl -sS --fail-with-body -H "$key" -H 'Content-Type: image/'"$(case $picture in *.png) echo png ;; *) echo jpeg ;; esac)" \
       --data-binary "@$picture" "$url/v2/models/$model/infer" |
    jq -r --arg name "$(basename "$picture")" '
      (.outputs[] | select(.name == "label") | .data[0]) as $class |
      (.outputs[] | select(.name == "probabilities") | .data | max) as $p |
      "  \($name): \($class) (\(($p * 1000 | round) / 10) %)"'
done

# refused WHAT HEADER...: the same question, refused with its reason.
refused() {
  local what=$1
  shift
  curl -sS -D $demo/head "$@" -H 'Content-Type: image/png' --data-binary "@$sample" "$url/v2/models/$model/infer" > $demo/body
  printf '  %s: %s %s: %s\n' "$what" "$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' $demo/head)" \
    "$(sed -n 's/^x-stoa-reason: //Ip' $demo/head | tr -d '\r')" "$(jq -r '.error // .detail' $demo/body)"
}
refused "without a key"
refused "with half a key" -H "Authorization: Bearer sk_0000"

step "9/9 what was earned, checked by who earned it"
curl -sS --fail-with-body -D $demo/head -o $demo/body -H "$key" -H 'Content-Type: image/png' --data-binary "@$sample" "$url/v2/models/$model/infer"
entry=$(sed -n 's/^x-stoa-receipt: //Ip' $demo/head | tr -d '\r')
curl -sS --fail-with-body "$url/log/key" > $demo/log.key
$stoa receipts get "$entry" --host $url --key-file $demo/shop.key --out $demo/receipt.json
$stoa receipts verify $demo/receipt.json --log-key $demo/log.key  # asks nobody
$stoa wallets show --host $url --key-file $demo/shop.key
$stoa earnings stoa-demo $partner
$stoa audit fetch $demo/earnings --publisher stoa-demo --log-key $demo/log.key $partner
$stoa audit check $demo/earnings --log-key $demo/log.key --own-key $demo/stoa-demo.pub.pem  # asks nobody
$stoa audit statement $demo/earnings --log-key $demo/log.key  # the month so far, worked out by the publisher itself

cat <<EOT

  try it yourself:
    curl -s $url/v2/models/$model | jq
    curl -s -H "Authorization: Bearer \$(cat $demo/shop.key)" -H 'Content-Type: image/png' --data-binary @$sample $url/v2/models/$model/infer | jq
    $stoa licences list --host $url --key-file $demo/shop.key
    $stoa keys list northwind --registry $STOA_REGISTRY --token-file $demo/registry/admin.token
    curl -s $STOA_REGISTRY/metrics
    $stoa releases list --registry $STOA_REGISTRY
EOT
if [ $once -eq 0 ]; then
  echo
  echo "  the host answers at $url until you press Ctrl-C; its log: $demo/host.log"
  wait $host
fi
