#!/usr/bin/env bash
# Builds the dev preset (ASan + UBSan) and runs every test in parallel. Arguments go to ctest, e.g. -R Session.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
mkdir -p build
echo "test: configuring the dev preset (log: build/cmake-dev.log)"
cmake --preset dev >build/cmake-dev.log 2>&1 || { tail -30 build/cmake-dev.log; exit 1; }
echo "test: building"
cmake --build --preset dev --parallel "$jobs"
echo "test: running"
# detect_leaks stays on: a leak fails the test that made it.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
readonly failures=build/dev/Testing/Temporary/LastTestsFailed.log
rm -f "$failures"
# One more than there are processors: many tests wait for browsers and sockets.
ctest --preset dev --parallel "$((jobs + 1))" --no-tests=error "$@" && exit 0
status=$?

# A few failures among thousands of tests may come from the load of the others. Each failed test runs again alone, and must pass three times in a
# row; a fault of the code fails there as well. What passed only then is named last, because it is a fault of the test.
most_again=3
if [[ $# -gt 0 || ! -s $failures || $(wc -l <"$failures") -gt $most_again ]]; then exit "$status"; fi
names=$(cut -d: -f2- "$failures")
echo "test: failed beside other tests, each runs alone three times now:" "$names"
ctest --preset dev --parallel 1 --rerun-failed --repeat until-fail:3 --output-on-failure
echo "test: passed alone, but failed once beside other tests; these tests depend on the load and must be mended:" "$names"
