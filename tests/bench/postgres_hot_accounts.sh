#!/usr/bin/env bash
# postgres_hot_accounts.sh [SECONDS [EVENTS_PER_S]]: transfers between two accounts in PostgreSQL, one a transaction, each durable:
# what a ledger in a database does, and so many times as many EVENTS_PER_S are.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
seconds=${1:-5} clients=16
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1 || true)
if [ -z "$bin" ] || [ ! -x "$bin/pgbench" ] || [ ! -x "$bin/initdb" ]; then
  echo "skipped: ledger.postgres_per_s: there is no PostgreSQL here (apt-get install postgresql)"
  exit 0
fi
# On the disk that the ledger is measured on; the server runs as nobody's root.
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/stoa-postgres-XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
  as=(runuser -u postgres --)
  chown postgres "$folder"
fi
stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
"${as[@]}" "$bin/initdb" -D "$folder/data" -U bench --auth=trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o "-c listen_addresses='' -k $folder -c shared_buffers=256MB" start >/dev/null
psql() { "${as[@]}" "$bin/psql" -q -h "$folder" -U bench -d postgres "$@"; }
psql -c "CREATE TABLE accounts(id integer PRIMARY KEY, balance bigint NOT NULL);
         CREATE TABLE entries(id bigserial PRIMARY KEY, debit integer NOT NULL, credit integer NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
         INSERT INTO accounts VALUES(1, 1000000000), (2, 0);"
cat > "$folder/transfer.sql" <<'EOT'
BEGIN;
INSERT INTO entries(debit, credit, amount) VALUES(1, 2, 7);
UPDATE accounts SET balance = balance - 7 WHERE id = 1;
UPDATE accounts SET balance = balance + 7 WHERE id = 2;
COMMIT;
EOT
chmod 644 "$folder/transfer.sql"
tps=$("${as[@]}" "$bin/pgbench" -n -h "$folder" -U bench -f "$folder/transfer.sql" -c $clients -j 2 -T "$seconds" postgres 2>/dev/null |
  sed -n 's/^tps = \([0-9]*\).*/\1/p')
echo "figure ledger.postgres_per_s $tps clients=$clients seconds=$seconds version=$("$bin/postgres" --version | grep -o '[0-9.]*' | head -1)"
[ $# -lt 2 ] || echo "figure ledger.vs_postgres $((${2%.*} / (tps > 0 ? tps : 1))) x target >=100"
