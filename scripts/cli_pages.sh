#!/usr/bin/env bash
# Compares man pages and completions with --help (GVM_UPDATE_DOCS=1: writes them anew), and lets bash and man read them.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${GVM_E2E_BIN:-build/dev/bin}
[ -x "$bin/genvm-modules" ] || { echo "cli_pages: skipped: the programs are not built."; exit 77; }
mode=--check
[ -z "${GVM_UPDATE_DOCS:-}" ] || mode=--write
scripts/cli_pages.py $mode "$bin"

bash -n deploy/completion/genvm-modules.bash
if command -v zsh >/dev/null; then zsh -n deploy/completion/_genvm-modules; fi
completed() { # WORDS...: what the last word, which is not finished, may become
  bash -c '. deploy/completion/genvm-modules.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _genvm_modules; printf "%s\n" "${COMPREPLY[@]}"' _ "$@"
}
expect() { # WANTED WORDS...
  local wanted=$1 got
  shift
  got=$(completed "$@" | sort | tr '\n' ' ')
  [ "${got% }" = "$wanted" ] || { echo "cli_pages: completing '$*' gave '${got% }', not '$wanted'"; exit 1; }
}
expect "ledger" genvm-modules led
expect "verify" genvm-modules ledger v
expect "prompt" genvm-modules call ws://127.0.0.1:1 pro
expect "a b c" genvm-modules call ws://127.0.0.1:1 --generation ""
expect "--allow-empty-backends" genvm-llm --allow
if command -v man >/dev/null; then
  for page in docs/man/*.1; do
    said=$(LC_ALL=C MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null) || true
    [ -z "$said" ] || { echo "cli_pages: $page: $said"; exit 1; }
  done
fi
echo "cli_pages: man pages and completions are those of --help"
