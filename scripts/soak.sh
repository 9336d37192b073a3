#!/usr/bin/env bash
# Peers of every kind and every fault that docs/operations.md names, all at once, against the release programs for SOAK_SECONDS (default
# 1800): clocks that jump, a full disk, no descriptors, no memory, names, signer, providers and sites that are out, a PostgreSQL that fails
# over, browsers, drivers and their children killed. Then memory is within a tenth of what it was, nothing is left over, and the ledger is the
# mock's bill. The runs (the LLM module, its ledger on PostgreSQL, the web module) go on at the same time. Needs the e2e_test of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=build/dev/bin/e2e_test
[ -x $tests ] || { echo "soak: build the tests first (make test)" >&2; exit 1; }
cmake --preset release >build/cmake-release.log 2>&1 || { tail -30 build/cmake-release.log; exit 1; }
cmake --build --preset release --target gvm_programs --parallel "${JOBS:-$(nproc)}"
export SOAK_SECONDS=${SOAK_SECONDS:-1800}
echo "soak: $SOAK_SECONDS seconds"
mkdir -p build/soak
runs=()
for name in $($tests --gtest_filter='SoakFaults.*' --gtest_list_tests | grep '^ '); do
  GVM_E2E_BIN=$PWD/build/release/bin $tests --gtest_filter="SoakFaults.$name" --gtest_brief=1 >"build/soak/$name.log" 2>&1 &
  runs+=("$!:$name")
done
failed=0
for run in "${runs[@]}"; do
  if wait "${run%%:*}"; then verdict=passed; else verdict=FAILED failed=1; fi
  echo "soak: ${run#*:}: $verdict (build/soak/${run#*:}.log)"
  grep '^soak:' "build/soak/${run#*:}.log" || true
done
exit $failed
