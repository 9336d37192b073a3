#!/usr/bin/env bash
# Every command and snippet of the documents is run, or marked with the reason why it is not (scripts/docs_snippets.py); first, that such
# faults are found. Ends with 77 and a sentence when the programs are not built.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${GVM_E2E_BIN:-build/dev/bin}
for program in genvm-modules genvm-mock-upstream; do
  [ -x "$bin/$program" ] || { echo "snippets: skipped: $program is not built."; exit 77; }
done
command -v openssl >/dev/null || { echo "snippets: skipped: openssl is not installed."; exit 77; }
scripts/docs_snippets_test.py "$bin"
scripts/docs_snippets.py "$bin"
