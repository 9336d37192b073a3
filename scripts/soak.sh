#!/usr/bin/env bash
# Peers of every kind, failing providers, reloads and a machine without descriptors, all at once, against the release programs for
# SOAK_SECONDS (default 1800): then memory is within a tenth of what it was, nothing is left over, and the ledger is the mock's bill.
# Needs the e2e_test of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=build/dev/bin/e2e_test
[ -x $tests ] || { echo "soak: build the tests first (make test)" >&2; exit 1; }
cmake --preset release >build/cmake-release.log 2>&1 || { tail -30 build/cmake-release.log; exit 1; }
cmake --build --preset release --target gvm_programs --parallel "${JOBS:-$(nproc)}"
export SOAK_SECONDS=${SOAK_SECONDS:-1800}
echo "soak: $SOAK_SECONDS seconds"
GVM_E2E_BIN=$PWD/build/release/bin exec $tests --gtest_filter='SoakFaults.*' --gtest_brief=1
