#!/usr/bin/env bash
# Builds the libFuzzer targets with clang and runs each for FUZZ_SECONDS seconds on its corpus, as many at a time as there
# are processors. New inputs stay in build/fuzz-corpus; a crash leaves its input in build/ and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
export FUZZ_SECONDS=${FUZZ_SECONDS:-60}
mkdir -p build
cmake --preset fuzz >build/cmake-fuzz.log 2>&1 || { tail -30 build/cmake-fuzz.log; exit 1; }
cmake --build --preset fuzz --target fuzzers --parallel "$(nproc)"
# Called by xargs below.
# shellcheck disable=SC2317
run_one() {
  local target=$1 name
  name=$(basename "$target")
  mkdir -p "build/fuzz-corpus/$name"
  if "$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/crash-$name-" "build/fuzz-corpus/$name" "fuzz/corpus/$name" >"build/fuzz-$name.log" 2>&1; then
    echo "fuzz: $name, $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz-$name.log") inputs in $FUZZ_SECONDS s"
  else
    echo "fuzz: $name FAILED (build/fuzz-$name.log)"
    grep -E 'ERROR|SUMMARY|Test unit written' "build/fuzz-$name.log"
    return 1
  fi
}
export -f run_one
# shellcheck disable=SC2016  # $1 is for the inner shell
printf '%s\n' build/fuzz/bin/*_fuzz | xargs -P "$(nproc)" -I{} bash -c 'run_one "$1"' _ {}
