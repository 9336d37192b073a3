#!/usr/bin/env bash
# The manager part of `make demo`: an installation tree as hosts of GenVM 0.2 (generation B) have it, made on the fly; our programs
# in the place of the field's; the manager started and driven as a host does; a prompt, a restart while a prompt runs, and a page.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/demo/common.sh
. scripts/demo/common.sh

say "An installation of generation B"
root=$PWD/$work/genvm-root
rm -rf "$root"
mkdir -p "$root"/{bin,config,data,executor/v0.2.16/bin}
for program in genvm-modules genvm-llm genvm-web genvm-browser-cell; do
  cp -l "$(readlink -f "$bin/$program")" "$root/bin/" 2>/dev/null || cp "$bin/$program" "$root/bin/"
done
cp config/genvm-llm-default.lua config/genvm-web-default.lua "$root/config/"
# Free ports: what is bound here is given up before the programs want it.
read -r llm_port web_port render_port < <(python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
)
cat >"$root/config/genvm-module-llm.yaml" <<YAML
bind_address: 127.0.0.1:$llm_port
lua_script_path: \${exeDir}/../config/genvm-llm-default.lua
data_dir: \${exeDir}/../data
vm_count: 2
log_level: INFO
something_of_theirs: true
backends:
  validator:
    enabled: true
    host: https://api.example.com
    provider: openai-compatible
    key: \${ENV[VALIDATOR_KEY]}
    models: {some-model: {supports_json: true}}
YAML
cat >"$root/config/genvm-module-web.yaml" <<YAML
bind_address: 127.0.0.1:$web_port
lua_script_path: \${exeDir}/../config/genvm-web-default.lua
data_dir: \${exeDir}/../data
webdriver_host: http://127.0.0.1:$render_port
extra_tld: []
always_allow_hosts: ["127.0.0.1"]
YAML
(cd "$root" && find . -mindepth 1 | sort | sed 's#^#  #')

say "What would change for it: doctor"
"$root/bin/genvm-modules" doctor --genvm-root "$root" || failed=1

say "Two providers, played by the mock upstream (the real model is in the first part), and a web site"
rm -f "$work"/{old-validator,new-validator,site,manager}.log
providers=()
for name in old-validator new-validator; do
  "$bin/genvm-mock-upstream" --name "$name" >"$work/$name.log" 2>&1 &
  pids+=($!)
  wait_for_line "$work/$name.log" '^ready ' $! 20 "$name"
  providers+=("http://127.0.0.1:$(sed -nE 's/^ready ([0-9]+).*/\1/p' "$work/$name.log")")
done
mkdir -p "$work/site"
printf '<!doctype html><title>Score</title><h1>Final score</h1><p>Lisbon 2 : 1 Porto</p>' >"$work/site/index.html"
python3 - "$work/site" >"$work/site.log" 2>&1 <<'PY' &
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=sys.argv[1]))
print("ready", server.server_port, flush=True)
server.serve_forever()
PY
pids+=($!)
wait_for_line "$work/site.log" '^ready ' $! 20 "the site"
site=http://127.0.0.1:$(sed -nE 's/^ready ([0-9]+).*/\1/p' "$work/site.log")
echo "old-validator ${providers[0]}, new-validator ${providers[1]}, site $site"

say "The manager, started as a host does"
echo "\$ bin/genvm-modules manager --port 0 --die-with-parent"
"$root/bin/genvm-modules" manager --port 0 --die-with-parent >"$work/manager.log" 2>"$work/manager.err" &
manager=$!
pids+=("$manager")
wait_for_line "$work/manager.log" '"message":"ready"' "$manager" 20 "the manager"
url=http://$(grep '"message":"ready"' "$work/manager.log" | head -1 | sed -E 's/.*"address":"([^"]*)".*/\1/')
echo "it listens on $url"

# As a host: reads the file, changes keys, sends it as JSON.
ask_manager() { # PATH BODY
  local shown=$2
  [ ${#shown} -gt 100 ] && shown="${shown:0:100}..."
  echo "\$ POST $1 $shown"
  curl -sS -X POST -H 'Content-Type: application/json' --data "$2" "$url$1"
  echo
}
changed() { # FILE CHANGES
  "$python" -c '
import json, sys, yaml
config = yaml.safe_load(open(sys.argv[1]))
config.update(json.loads(sys.argv[2]))
print(json.dumps(config))' "$root/config/$1" "$2"
}
python=
for candidate in build/venv/bin/python python3; do
  if "$candidate" -c 'import yaml' 2>/dev/null; then python=$candidate && break; fi
done
if [ -z "$python" ]; then
  echo "demo: a host reads YAML, which needs Python's yaml module; the manager part is left out."
  exit 1
fi
backends_at() {
  printf '{"backends": {"validator": {"enabled": true, "host": "%s", "provider": "openai-compatible", "key": "demo", "models": {"some-model": {"supports_json": true}}}}}' "$1"
}
must_say() { # WORD: the last answer has it
  grep -q "$1" "$work/answer" || { echo "demo: expected $1"; failed=1; }
}
ask_manager /module/stop '{"module_type": "Llm"}' | tee "$work/answer"
must_say module_not_running
ask_manager /module/start "{\"module_type\": \"Llm\", \"config\": $(changed genvm-module-llm.yaml "$(backends_at "${providers[0]}")")}" | tee "$work/answer"
must_say module_started
# The rendering service that their file asks: the web module offers it itself, at that address.
ask_manager /module/start "{\"module_type\": \"Web\", \"config\": $(changed genvm-module-web.yaml "{\"render_service\": {\"bind_address\": \"127.0.0.1:$render_port\"}}")}" | tee "$work/answer"
must_say module_started

address=127.0.0.1:$llm_port
ask "A prompt of generation B" --generation b prompt "What is the capital of France?"
say "A validator changes while a prompt runs: nothing is lost"
call --generation b --repeat 40 --concurrency 4 prompt "Is the sky blue?" >"$work/prompts.out" 2>&1 &
prompts=$!
ask_manager /module/restart "{\"module_type\": \"Llm\", \"config\": $(changed genvm-module-llm.yaml "$(backends_at "${providers[1]}")")}" | tee "$work/answer"
must_say module_restarted
wait "$prompts" || failed=1
tail -3 "$work/prompts.out"
ask "The next session has the new one" --generation b prompt "What is the capital of France?"

address=127.0.0.1:$web_port
ask "A page" --generation b render "$site/"
say "The same page as the field's scripts and modules ask for it: GenLayer's rendering service"
echo "\$ GET http://127.0.0.1:$render_port/render?mode=text&url=$site/"
curl -sS -D "$work/head" "http://127.0.0.1:$render_port/render?mode=text&url=$site/" || failed=1
echo
grep -i '^resulting-status' "$work/head" || failed=1

say "Status"
curl -sS "$url/status" | "$python" -m json.tool | head -40 || failed=1

say "The host ends: SIGINT and one second"
began=$(date +%s%N)
kill -INT "$manager"
code=0
wait "$manager" || code=$?
echo "the manager and its modules ended after $((($(date +%s%N) - began) / 1000000)) ms with exit code $code"
for _ in $(seq 50); do  # the ledger's keeper ends two seconds after the last module
  left=$(pgrep -f "^$root/bin/" || true)
  [ -z "$left" ] && break
  sleep 0.1
done
if [ "$code" -ne 0 ] || [ "$failed" -ne 0 ] || [ -n "$left" ]; then
  echo "demo: something above did not work (left: ${left:-nothing}); the log is $work/manager.log"
  exit 1
fi
