#!/usr/bin/env bash
# ThreadSanitizer over the folders that share data between threads, and over genvm-llm with prompts of the end-to-end
# tests. The end-to-end test program itself is that of `make test` when it is there; it only asks and compares.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/scripts/tsan.supp}
mkdir -p build
cmake --preset tsan >build/cmake-tsan.log 2>&1 || { tail -30 build/cmake-tsan.log; exit 1; }
mapfile -t tests < <(ninja -C build/tsan -t targets all | sed -nE 's#^bin/((routing|store|serve|net)[a-z_]*_test): .*#\1#p')
[ ${#tests[@]} -gt 0 ] || { echo "tsan: no test programs found" >&2; exit 1; }
cmake --build --preset tsan --parallel "$jobs" --target "${tests[@]}" gvm_programs
# g++ 12's runtime cannot place its shadow memory where the kernel randomizes addresses by more than 28 bits.
plain=()
if setarch -R true 2>/dev/null; then plain=(setarch -R); fi
for test in "${tests[@]}"; do
  echo "tsan: $test"
  "${plain[@]}" "build/tsan/bin/$test" --gtest_brief=1
done
if [ -x build/dev/bin/e2e_test ]; then
  echo "tsan: genvm-llm"
  GVM_E2E_BIN=$PWD/build/tsan/bin "${plain[@]}" build/dev/bin/e2e_test --gtest_brief=1 --gtest_filter='Prompt.*:Failover.*:Budgets.*'
fi
