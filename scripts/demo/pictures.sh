#!/usr/bin/env bash
# The picture part of `make demo`: something that reads the text in pictures in the place of a model, real pictures as image
# prompts, and what is read before and after image filters.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/demo/common.sh
. scripts/demo/common.sh

say "A recogniser of text in pictures"
if ! scripts/model/setup.sh --reader; then
  echo "demo: the recogniser comes from the Python registry, which cannot be reached; the picture part is left out."
  exit 1
fi
rm -f "$work/reader.log"
build/venv/bin/python scripts/model/reader.py --port 0 >"$work/reader.log" 2>"$work/reader.err" &
pids+=($!)
wait_for_line "$work/reader.log" '^ready ' $! 120 "the recogniser" || { tail -5 "$work/reader.err"; exit 1; }
read -r _ reader_url _ < <(grep '^ready ' "$work/reader.log")
echo "It answers at $reader_url in OpenAI's form with the text it finds in a picture: no language model, but it does see."

# Sets up a module with a script; pictures are asked as a contract would.
module_with() { # SCRIPT
  cat >"$work/genvm-module-pictures.yaml" <<YAML
bind_address: 127.0.0.1:0
lua_script_path: $1
lua_path: $PWD/config/?.lua
data_dir: $PWD/$work
backends:
  reader:
    host: $reader_url
    provider: openai-compatible
    models: {rapidocr: {supports_image: true}}
YAML
  start_module llm "$work/genvm-module-pictures.yaml"
}
ask_pictures() {
  ask "A receipt" prompt "What does it say?" --image tests/data/images/receipt.png
  ask "A score board" prompt "What does it say?" --image tests/data/images/score-board.jpg
  if [ -s "$work/page.png" ]; then
    ask "The screenshot that the web part of the demo has made" prompt "What does it say?" --image "$work/page.png"
  fi
}

say "Without filters"
module_with "$PWD/config/genvm-llm-default.lua"
ask_pictures
stop_module llm

say "With the filters of examples/scripts/picture_filters.lua: what a person reads stays"
module_with "$PWD/examples/scripts/picture_filters.lua"
ask_pictures
stop_module llm

say "With a blur that nobody can read through"
sed 's/{ Denoise = 0.6 }/{ Blur = 9 }/' examples/scripts/picture_filters.lua >"$work/blurred.lua"
module_with "$PWD/$work/blurred.lua"
ask "The receipt again" prompt "What does it say?" --image tests/data/images/receipt.png
stop_module llm
