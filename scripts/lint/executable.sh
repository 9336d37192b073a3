#!/usr/bin/env bash
# A script that begins with an interpreter's name but may not be executed works for whoever starts it by hand with that interpreter,
# and fails in a fresh clone.
set -euo pipefail
cd "$(dirname "$0")/../.."
problems=$(git ls-files -s | sed -n 's/^100644 [^\t]*\t//p' | xargs -d '\n' awk '/^#!/ {print FILENAME} {nextfile}')
if [ -n "$problems" ]; then
  echo "executable: these begin with #! but are not executable in the repository (git update-index --chmod=+x FILE):"
  echo "$problems"
  exit 1
fi
echo "executable: 0 problems"
