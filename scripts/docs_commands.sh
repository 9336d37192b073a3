#!/usr/bin/env bash
# The documents name only commands that the programs have. Ends with 77 and a sentence when the programs are not built.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${GVM_E2E_BIN:-build/dev/bin}
[ -x "$bin/genvm-modules" ] || { echo "docs: skipped: the programs are not built."; exit 77; }
scripts/docs_commands.py "$bin"
