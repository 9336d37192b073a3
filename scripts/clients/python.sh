#!/usr/bin/env bash
# Tests the Python client: its wheel is built and installed into an environment of its own, type-checked, and tested against the
# built modules (GVM_E2E_BIN, else build/release/bin or build/dev/bin). Exits with 77 when something is missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${GVM_CLIENTS_BUILD:-$root/build/clients}/python
skip() {
  echo "clients/python: skipped: $1"
  exit 77
}

command -v python3 >/dev/null || skip "python3 is not installed."
python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || skip "python3 is older than 3.9."
mkdir -p "$build"
venv=$build/venv
stamp=$venv/.ready-$(sha256sum <"$root/scripts/clients/requirements.txt" | cut -c1-16)
if [ ! -e "$stamp" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv" >"$build/setup.log" 2>&1 || skip "python3 cannot make a virtual environment (is python3-venv installed?)."
  timeout 300 "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off --timeout 20 --retries 1 \
    --only-binary :all: -r "$root/scripts/clients/requirements.txt" >>"$build/setup.log" 2>&1 ||
    skip "the packages of scripts/clients/requirements.txt cannot be had (pip's own words are in $build/setup.log)."
  touch "$stamp"
fi

# A copy, because setuptools writes beside the sources.
rm -rf "$build/source" "$build/wheel"
cp -r "$root/clients/python" "$build/source"
"$venv/bin/python" -m build --no-isolation --outdir "$build/wheel" "$build/source" >"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-index --no-deps --force-reinstall "$build"/wheel/*.whl
echo "clients/python: built $(cd "$build/wheel" && echo ./*.whl)"
"$venv/bin/python" -m mypy --no-error-summary --cache-dir "$build/mypy" --config-file "$root/clients/python/pyproject.toml" -p genvm_client
cd "$root/clients/python"
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" -m unittest discover -s tests -t . "$@"
