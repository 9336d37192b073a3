#!/usr/bin/env bash
# `make bench`: every figure of docs/performance.md, as ratios against a baseline measured in the same run.
# Then how well and how fast the content of pages is found (bench/extraction_scores.py), those of routing over real sockets
# (bench/routing_figures.py), of restarts under load (bench/restart_figures.py; GVM_RESTARTS is their number) and of scripts' databases
# (bench/sqlite_figures.py), of the guarded path (bench/guard_figures.py) and of watching (bench/observing_figures.py) and of one core (bench/scaling.py). --quick: shorter, and without the small parts.
# BENCH_SECONDS (default 5) is the length of each load measurement.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 bench/run.py "$@"
python3 bench/extraction_scores.py
code=0
python3 bench/routing_figures.py "$@" || code=1
python3 bench/restart_figures.py "$@" || code=1
python3 bench/sqlite_figures.py "$@" || code=1
python3 bench/guard_figures.py "$@" || code=1
python3 bench/observing_figures.py "$@" || code=1
python3 bench/scaling.py "$@" || code=1
exit $code
