#!/usr/bin/env bash
# `make bench`: every figure of docs/performance.md, as ratios against a baseline measured in the same run.
# BENCH_SECONDS (default 5) is the length of each load measurement.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 bench/run.py "$@"
