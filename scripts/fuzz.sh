#!/usr/bin/env bash
# Builds the libFuzzer targets with clang and runs each for FUZZ_SECONDS seconds on its corpus. New inputs stay in
# build/fuzz-corpus; a crash leaves its input in build/ and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
mkdir -p build
cmake --preset fuzz >build/cmake-fuzz.log 2>&1 || { tail -30 build/cmake-fuzz.log; exit 1; }
cmake --build --preset fuzz --target fuzzers --parallel "$(nproc)"
for target in build/fuzz/bin/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "build/fuzz-corpus/$name"
  echo "fuzz: $name for $seconds s"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/crash-$name-" "build/fuzz-corpus/$name" "fuzz/corpus/$name" 2>&1 | grep -E 'stat::(number|average)|ERROR|SUMMARY|artifact' || true
  [ "${PIPESTATUS[0]}" -eq 0 ] || exit 1
done
