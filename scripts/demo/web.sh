#!/usr/bin/env bash
# The web part of `make demo`: a site on this machine, the module with a real browser, and a contract's requests with their
# answers.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/demo/common.sh
. scripts/demo/common.sh

say "A web site on this machine"
if ! scripts/setup-python.sh; then
  echo "demo: the site's signature verifier comes from the Python registry, which cannot be reached; the web part is left out."
  exit 1
fi
openssl genpkey -algorithm ed25519 -out "$work/signing-key.pem" 2>/dev/null
openssl pkey -in "$work/signing-key.pem" -pubout -out "$work/signing-key.pub"
rm -f "$work/site.log"
build/venv/bin/python scripts/demo/site.py "$work/signing-key.pub" >"$work/site.log" 2>"$work/site.err" &
pids+=($!)
wait_for_line "$work/site.log" '^ready ' $! 30 "the site" || { cat "$work/site.err"; exit 1; }
read -r _ site_port < <(grep '^ready ' "$work/site.log")
site=http://127.0.0.1:$site_port
echo "$site has a static page, a page that needs JavaScript, and an API that takes signed requests only"

say "The web module"
cat >"$work/genvm-module-web.yaml" <<YAML
bind_address: 127.0.0.1:0
lua_script_path: $PWD/config/genvm-web-default.lua
data_dir: $PWD/$work
# The demo's site is on loopback, where no contract may go: its host is trusted by name.
always_allow_hosts: ["127.0.0.1"]
signing:
  use: demo
  keys:
    demo: {algorithm: ed25519, key_file: $PWD/$work/signing-key.pem}
YAML
start_module web "$work/genvm-module-web.yaml"
grep -o '"protection":"[^"]*"' "$work/web.log" | head -1 || true

ask "A static page as text" render "$site/"
ask "A page that needs JavaScript, as text" render "$site/score"
ask "The same as HTML" render "$site/score" --mode html
ask "A picture of the first page" render "$site/" --mode screenshot --out "$work/page.png"
ask "A signed request; the verifier is another implementation of RFC 9421" \
  request POST "$site/api" --sign --header "Content-Type: application/json" --body '{"order": 7}'

say "The same without a signature: the API refuses, and the contract sees its status"
call request POST "$site/api" --body '{"order": 7}' | grep -E '^(HTTP 401|refused)' || failed=1

say "Targets that no contract may reach are refused with the reason, before any packet leaves"
for target in http://169.254.169.254/latest/meta-data/ http://0x0a.1/admin http://localhost/ https://intranet.internal/ ftp://example.com/; do
  call request GET "$target" && failed=1
done
say "Why, in detail"
"$bin/genvm-modules" explain-url "http://0x0a.1/admin" --config "$work/genvm-module-web.yaml" || true

say "What the module counted"
curl -fsS "http://$address/metrics" | grep -E '^genvm_web_(requests|renders|refused|browser_pages)_total' || failed=1
stop_module web
echo
echo "The picture is $work/page.png"
