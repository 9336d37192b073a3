#!/usr/bin/env bash
# The LLM part of `make demo`: a real language model on this machine, the module in front of it, and a GenVM's requests with
# their answers. DEMO_MODEL=smollm2 takes a very small model (0.13 GB to download instead of 1.2 GB), whose answers are poor.
set -euo pipefail
cd "$(dirname "$0")/../.."
model=${DEMO_MODEL:-qwen}
# shellcheck source=scripts/demo/common.sh
. scripts/demo/common.sh

own_provider() {
  [ -n "${OPENAIKEY:-}${ANTHROPICKEY:-}${GEMINIKEY:-}${OPENROUTERAPIKEY:-}" ]
}

# Whether a provider of your own is used (true) or the local model (false).
with_own_provider=false
say "A language model"
size=
[ "$model" = smollm2 ] && size=--small
get_model() {
  # shellcheck disable=SC2086  # empty means no argument
  scripts/model/setup.sh $size && return 0
  [ -z "$size" ] && scripts/model/setup.sh --small || return 1
  echo "demo: only the very small model can be had; its answers are poor"
  model=smollm2
}
if get_model; then
  rm -f "$work/model.log"
  build/venv/bin/python scripts/model/serve.py --port 0 --model "$model" >"$work/model.log" 2>"$work/model.err" &
  pids+=($!)
  wait_for_line "$work/model.log" '^ready ' $! 120 "the model server" || { tail -5 "$work/model.err"; exit 1; }
  read -r _ model_url model_name < <(grep '^ready ' "$work/model.log")
  model_name=${model_name#model=}
  echo "$model_name answers at $model_url, on this machine's processor, without any network"
elif own_provider; then
  with_own_provider=true
  echo "The local model cannot be had from the Python registry; your own provider's key is in the environment and is used."
else
  echo "demo: no language model: the local one cannot be had from the Python registry, and no provider of your own is set."
  echo "      Set OPENAIKEY, ANTHROPICKEY or GEMINIKEY to your key and run make demo again; docs/operators.md tells more."
  exit 1
fi

say "The LLM module"
if $with_own_provider; then
  config=config/genvm-module-llm.yaml
  sed "s#^bind_address:.*#bind_address: 127.0.0.1:0#" "$config" >"$work/genvm-module-llm.yaml"
else
  # Three backends: one that is down, to show failover, and the model in both of the forms its server speaks. It costs nothing,
  # so the demo gives it a price: what a hosted model of its size takes.
  rm -f "$work"/ledger.db* "$work"/journal-*
  cat >"$work/prices.yaml" <<YAML
currency: USD
models:
  - {model: $model_name, input: 0.10, output: 0.40}
YAML
  cat >"$work/genvm-module-llm.yaml" <<YAML
bind_address: 127.0.0.1:0
lua_script_path: $PWD/config/genvm-llm-default.lua
data_dir: $PWD/$work
log_level: debug
pricing: {file: $PWD/$work/prices.yaml}
budgets: {a-day: {usd: 0.01, window: day}}
backends:
  down:
    host: http://127.0.0.1:9
    provider: openai-compatible
    models: {$model_name: {supports_json: true}}
    meta: {priority: 30}
  local:
    host: $model_url
    provider: openai-compatible
    models: {$model_name: {supports_json: true, max_tokens: {ceiling: 200}, sampling: {temperature: {max: 0}, seed: {default: 7}}}}
    meta: {priority: 20}
  local-messages:
    host: $model_url
    provider: anthropic
    models: {$model_name: {max_tokens: {ceiling: 200}, sampling: {temperature: {max: 0}}}}
    meta: {priority: 10}
YAML
fi
start_module llm "$work/genvm-module-llm.yaml"

if ! $with_own_provider; then
  # The server speaks two providers' forms; the smallest model has no form for tools, but answers text in both.
  for provider in openai-compatible anthropic; do
    say "llm-check: does the model work in the $provider form?"
    "$bin/genvm-modules" llm-check --host "$model_url" --model "$model_name" --provider "$provider" || true
  done
fi

ask "A text prompt" prompt "What is the capital of France? Answer in one short sentence."
ask "A JSON prompt" prompt --json "Give the capital and the continent of Japan as a JSON object with the keys capital and continent."
say "Do two answers agree? (EqComparative)"
call template EqComparative --leader "The sky is blue." --validator "The color of the sky is blue." \
  --principle "The answers must have the same meaning." || {
  if [ "$model" = smollm2 ]; then echo "(the very small model cannot judge, and the module does not guess)"; else failed=1; fi
}
ask "A leader's work (EqNonComparativeLeader)" template EqNonComparativeLeader --task "Summarize the text in one sentence." \
  --criteria "The summary is one sentence." --input "Paris is the capital of France. It lies on the Seine. About two million people live there."
say "An empty prompt is refused with an error the contract can catch"
call prompt "" && failed=1

if ! $with_own_provider; then
  say "What was spent, and what the day's budget leaves"
  "$bin/genvm-modules" usage --config "$work/genvm-module-llm.yaml" || failed=1

  say "Why the first prompt went where it went"
  record=$(sed -nE 's/.*"message":"answered".*"record":"([^"]*)".*/\1/p' "$work/llm.log" | head -1)
  "$bin/genvm-modules" explain "$record" --config "$work/genvm-module-llm.yaml" || failed=1
fi

say "What the module counted"
port=${address##*:}
curl -fsS "http://127.0.0.1:$port/metrics" | grep -E '^genvm_llm_(calls|tokens)_total' | grep -v ' 0$' || failed=1

stop_module llm
