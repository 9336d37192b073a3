#!/usr/bin/env bash
# Alert rules and dashboard against reality: the programs (GVM_E2E_BIN, else build/release/bin or build/dev/bin) are started and
# scraped, with everything on that has metrics; every metric and label that rules and dashboard name must be there. With promtool and prometheus (Debian's package
# prometheus) the rules are loaded, their cases are run, and a real Prometheus scrapes the modules. Exits with 77 when the programs are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${GVM_E2E_BIN:-}
for place in build/release/bin build/dev/bin; do
  [ -n "$bin" ] || { [ -x $place/genvm-llm ] && bin=$place; }
done
[ -n "$bin" ] || { echo "monitoring: skipped: the programs are not built."; exit 77; }
work=$(mktemp -d)
pids=()
end() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap end EXIT
wait_for() { # FILE PATTERN
  for _ in $(seq 600); do
    grep -qE "$2" "$1" 2>/dev/null && return 0
    sleep 0.1
  done
  cat "$1"
  exit 1
}

"$bin/genvm-mock-upstream" --port 0 >"$work/mock.log" 2>&1 &
pids+=($!)
wait_for "$work/mock.log" '^ready '
port=$(sed -n 's/^ready //p' "$work/mock.log")
cat >"$work/prices.yaml" <<YAML
currency: USD
models:
  - {model: m, input: 1, output: 2}
YAML
token=the-admin-token-of-this-test
echo "$token" >"$work/token"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null
cat >"$work/llm.yaml" <<YAML
bind_address: 127.0.0.1:0
serve: {admin_address: "127.0.0.1:0", admin_token: $token, tls: {certificate: $work/certificate.pem, key: $work/key.pem}}
audit: {enabled: true, path: $work/audit}
traces: {endpoint: "http://127.0.0.1:9/v1/traces"}
guards:
  enforce: true
  rules: {words: {kind: literals, action: warn, entries: [hello]}}
  moderators: {nobody: {url: "http://127.0.0.1:$port/nothing", stages: input, timeout: 2s, when_down: pass}}
greybox: {all: {temperature: {min: 0.1, max: 0.9}}}
lua_script_path: $PWD/config/genvm-llm-default.lua
data_dir: $work/llm
pricing: {file: $work/prices.yaml}
budgets: {a-day: {usd: 1, window: day}}
backends: {mock: {host: "http://127.0.0.1:$port", provider: openai-compatible, models: [m]}}
YAML
cat >"$work/web.yaml" <<YAML
bind_address: 127.0.0.1:0
lua_script_path: $PWD/config/genvm-web-default.lua
data_dir: $work/web
browser: {runtime_dir: $work/b, min_warm: 0}
YAML
for module in llm web; do
  "$bin/genvm-$module" --config "$work/$module.yaml" >"$work/$module.log" 2>&1 &
  pids+=($!)
done
for module in llm web; do
  wait_for "$work/$module.log" '"message":"ready"'
  ready=$(grep '"message":"ready"' "$work/$module.log")
  declare "$module=$(sed -E 's/.*"address":"([^"]*)".*/\1/' <<<"${ready/admin_address/}")"
  declare "${module}_admin=$(sed -nE 's/.*"admin_address":"([^"]*)".*/\1/p' <<<"$ready")"
done
# shellcheck disable=SC2154  # llm, web and llm_admin are declared above
"$bin/genvm-modules" call "wss://localhost:${llm##*:}" --ca "$work/certificate.pem" prompt hello >/dev/null
names() {
  # shellcheck disable=SC2154
  curl -fsS -H "Authorization: Bearer $token" "http://$llm_admin/metrics" >"$work/llm.metrics"
  # shellcheck disable=SC2154
  curl -fsS "http://$web/metrics" >"$work/web.metrics"
  scripts/monitoring_names.py "$work/llm.metrics" "$work/web.metrics"
}
# How full a budget is comes from the ledger, a moment later.
for _ in $(seq 300); do
  names >/dev/null && break
  sleep 0.1
done
names

if ! command -v promtool >/dev/null; then
  echo "monitoring: promtool is not installed (Debian's package prometheus): the rules were not loaded"
  exit 0
fi
promtool check rules deploy/monitoring/alerts.yaml
(cd deploy/monitoring && promtool check config --syntax-only prometheus.yaml && promtool test rules alerts_test.yaml)
for module in llm web; do promtool check metrics <"$work/$module.metrics" || echo "monitoring: (promtool's remarks on names do not fail this test)"; done

command -v prometheus >/dev/null || exit 0
cp deploy/monitoring/alerts.yaml "$work"
# As another machine would scrape it: with the token.
sed -e "s#127.0.0.1:3031#$llm_admin#; s#127.0.0.1:3032#$web#; s#15s#1s#g; s@# *authorization: .*@authorization: {credentials_file: $work/token}@" \
  deploy/monitoring/prometheus.yaml >"$work/prometheus.yaml"
grep -q "credentials_file: $work/token" "$work/prometheus.yaml" || { echo "monitoring: prometheus.yaml does not show how the token is given"; exit 1; }
prometheus --config.file="$work/prometheus.yaml" --storage.tsdb.path="$work/tsdb" --web.listen-address=127.0.0.1:0 >"$work/prometheus.log" 2>&1 &
pids+=($!)
wait_for "$work/prometheus.log" 'Listening on.*127\.0\.0\.1:[1-9]'
listening=$(grep 'Listening on' "$work/prometheus.log" | grep -oE '127\.0\.0\.1:[1-9][0-9]*' | head -1)
ask() { curl -fsS -G "http://$listening/api/v1/$1" ${2:+--data-urlencode "query=$2"}; }
for _ in $(seq 300); do
  [ "$(ask query 'count(up == 1)' | python3 -c 'import json,sys; r=json.load(sys.stdin)["data"]["result"]; print(r[0]["value"][1] if r else 0)')" = 2 ] && break
  sleep 0.1
done
ask query 'count(up == 1)' | grep -q '"2"' || { echo "monitoring: Prometheus could not scrape both modules"; exit 1; }
ask rules | python3 -c '
import json, sys
rules = [rule for group in json.load(sys.stdin)["data"]["groups"] for rule in group["rules"]]
bad = [rule["name"] + ": " + rule.get("lastError", "") for rule in rules if rule["health"] == "err"]
firing = [rule["name"] for rule in rules if rule.get("state") == "firing"]
print(f"monitoring: Prometheus loaded {len(rules)} rules, {len(bad)} faulty, firing: {firing or None}")
sys.exit(bool(bad or firing or not rules))'
