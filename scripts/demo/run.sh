#!/usr/bin/env bash
# `make demo`: both modules at their main job on real input, below a manager, and pictures. Everything it starts it ends.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
code=0
./llm.sh || code=1
./web.sh || code=1
./manager.sh || code=1
./pictures.sh || code=1
exit $code
