#!/usr/bin/env bash
# Judges what deploy/ has for containers: the container file by hadolint, the manifests by Kubernetes' own schemas, the compose file
# by scripts of ours, and the configuration files inside the manifests by check-config. Exits with 77 when the judges cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
build=${GVM_DEPLOY_BUILD:-$root/build/deploy}
skip() {
  echo "deploy: skipped: $1"
  exit 77
}
bin=${GVM_E2E_BIN:-}
for place in build/release/bin build/dev/bin; do
  [ -n "$bin" ] || { [ -x $place/genvm-modules ] && bin=$root/$place; }
done
mkdir -p "$build"
venv=$build/venv
stamp=$venv/.ready-$(sha256sum <scripts/deploy_requirements.txt | cut -c1-16)
if [ ! -e "$stamp" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv" >"$build/setup.log" 2>&1 || skip "python3 cannot make a virtual environment (is python3-venv installed?)."
  timeout 300 "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off --timeout 20 --retries 1 \
    --only-binary :all: -r scripts/deploy_requirements.txt >>"$build/setup.log" 2>&1 ||
    skip "the packages of scripts/deploy_requirements.txt cannot be had (pip's own words are in $build/setup.log)."
  touch "$stamp"
fi

"$venv/bin/hadolint" deploy/container/Containerfile
echo "deploy: hadolint has nothing to say about the container file"
"$venv/bin/kubernetes-validate" --strict deploy/kubernetes/*.yaml
"$venv/bin/python" scripts/deploy_check.py "$bin"
