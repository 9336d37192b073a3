#!/usr/bin/env bash
# Builds the release programs and runs a part of the end-to-end tests against them: what ships is compiled with other
# flags than what the tests run. Needs the e2e_test of `make test`. Usage: scripts/smoke.sh [GTEST_FILTER]
set -euo pipefail
cd "$(dirname "$0")/.."
filter=${1:-Prompt.*:Providers.*:SingleStep.*:Budgets.*:Money.*:WebRequest.*:WebPolicy.*:WebRender.*:CheckConfig.*:Call.*:Shutdown.*:Reload*.*:TlsPort.*:Operations.*:IdleSessions.*}
tests=build/dev/bin/e2e_test
[ -x $tests ] || { echo "smoke: build the tests first (make test)" >&2; exit 1; }
cmake --preset release >build/cmake-release.log 2>&1 || { tail -30 build/cmake-release.log; exit 1; }
cmake --build --preset release --target gvm_programs --parallel "${JOBS:-$(nproc)}"
echo "smoke: end-to-end tests against the release programs"
# Reload.ManyUnderLoad...: in `make test` it does a few.
export GVM_RELOADS=${GVM_RELOADS:-1000}
GVM_E2E_BIN=$PWD/build/release/bin exec $tests --gtest_filter="$filter" --gtest_brief=1
