#!/usr/bin/env bash
# Creates or updates the project's own Python environment, build/venv.
#
#   scripts/setup-python.sh [REQUIREMENTS_FILE...]
#   scripts/setup-python.sh --remove REQUIREMENTS_FILE...
#
# Without arguments it installs scripts/requirements-test.txt. Each file is
# installed once per content: a stamp in the environment keeps its hash.
# Exit codes: 0 done, 3 the packages cannot be had, 2 wrong use.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/build/venv
stamps=$venv/.installed
log=$root/build/venv-setup.log
# Long enough for a slow line, short enough that a dead one is noticed.
time_limit=${GENVM_PIP_TIME_LIMIT:-1800}

cannot() {
  echo "setup-python: $1" >&2
  exit 3
}

stamp_of() {
  # Python's version is part of the key: wheels are chosen for it.
  echo "$stamps/$({ python3 --version && cat "$1"; } | sha256sum | cut -d' ' -f1)"
}

remove=0
if [[ ${1-} == --remove ]]; then
  remove=1
  shift
fi
files=("$@")
if ((${#files[@]} == 0)); then
  files=("$root/scripts/requirements-test.txt")
fi
for f in "${files[@]}"; do
  if [[ ! -r $f ]]; then
    echo "setup-python: no such requirements file: $f" >&2
    exit 2
  fi
done
command -v python3 >/dev/null ||
  cannot "python3 is not installed, so the Python packages cannot be had."

mkdir -p "$root/build"
# Tests may start this at the same time.
exec 9>"$root/build/.venv.lock"
flock 9

if ((remove)); then
  for f in "${files[@]}"; do
    rm -f "$(stamp_of "$f")"
    "$venv/bin/python" -m pip uninstall -q -y -r "$f" 2>"$log" 9>&-
  done
  exit 0
fi

missing=()
for f in "${files[@]}"; do
  [[ -e $(stamp_of "$f") ]] || missing+=("$f")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

if ! "$venv/bin/python" -c 'import pip' 2>/dev/null ||
  [[ $("$venv/bin/python" --version) != "$(python3 --version)" ]]; then
  echo "setup-python: creating build/venv"
  rm -rf "$venv"
  python3 -m venv "$venv" >"$log" 2>&1 ||
    cannot "python3 cannot create a virtual environment (is its venv module installed?), so the Python packages cannot be had."
  missing=("${files[@]}")
fi
mkdir -p "$stamps"

for f in "${missing[@]}"; do
  name=${f#"$root"/}
  echo "setup-python: installing into build/venv what $name lists"
  # --only-binary: nothing may start compiling. --no-deps: every package wanted is
  # listed. --ignore-requires-python: the part of genlayer-py that is used runs on
  # older versions than the package as a whole asks for.
  timeout "$time_limit" "$venv/bin/python" -m pip install \
    --disable-pip-version-check --no-input --progress-bar off --timeout 20 --retries 1 \
    --only-binary :all: --no-deps --ignore-requires-python -r "$f" 2>"$log" 9>&- |
    sed -u -n -e 's#[a-z]*://[^ ]*/##' -e '/^ *\(Downloading\|Using cached\|Installing\)/p' ||
    cannot "the Python packages of $name cannot be had: they could not be downloaded (pip's own words are in build/venv-setup.log)."
  touch "$(stamp_of "$f")"
done
