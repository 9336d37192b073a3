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
# One more than there are processors: many tests wait for browsers and sockets.
exec ctest --preset dev --parallel "$((jobs + 1))" --no-tests=error "$@"
