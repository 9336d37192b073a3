#!/usr/bin/env bash
# Nothing unfinished and no path of one machine may be committed.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
if git grep -nE '\b(TODO|FIXME|XXX|HACK|UNIMPLEMENTED)\b' -- '*.cpp' '*.h' '*.lua' '*.py' '*.sh' '*.cmake' Makefile ':!scripts/lint/words.sh'; then
  echo "words: finish these or say in the documents that they are missing"
  status=1
fi
if git grep -nE 'catch \(\.\.\.\)' -- 'src/engines/script' 'src/modules/host'; then
  echo "words: catch (...) swallows Lua's own errors"
  status=1
fi
[ $status -eq 0 ] && echo "words: 0 problems"
exit $status
