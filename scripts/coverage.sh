#!/usr/bin/env bash
# Lines and branches of src that the tests run, by folder. Builds the coverage preset (g++ --coverage, no sanitizer), runs
# ctest, and reads gcov's counters with gcovr. The table goes to standard output, every file to build/coverage.json.
# Arguments go to ctest, e.g. -E E2e. A test that fails is told and changes nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
mkdir -p build
scripts/setup-python.sh scripts/requirements-coverage.txt
cmake --preset coverage >build/cmake-coverage.log 2>&1 || { tail -30 build/cmake-coverage.log; exit 1; }
cmake --build --preset coverage --parallel "$jobs"
find build/coverage -name '*.gcda' -delete
ctest --preset coverage --parallel "$jobs" "$@" >build/coverage-tests.log 2>&1 ||
  { echo "coverage: some tests failed (build/coverage-tests.log):"; grep -E '^[[:space:]]+[0-9]+ - ' build/coverage-tests.log || true; }
grep -E 'tests passed|Total Test time' build/coverage-tests.log
build/venv/bin/gcovr --root . --filter 'src/' --exclude '.*_test\.cpp$' --gcov-ignore-parse-errors=all -j "$jobs" \
  --exclude-throw-branches --json-summary build/coverage.json build/coverage >/dev/null 2>build/coverage-gcovr.log ||
  { tail -5 build/coverage-gcovr.log; exit 1; }
python3 - <<'PYTHON'
import collections, json, pathlib
totals = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(open("build/coverage.json"))["files"]:
    folder = str(pathlib.PurePath(file["filename"]).parent.relative_to("src"))
    for name in (folder, "all of src"):
        for i, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
            totals[name][i] += file[key]
print("| folder | lines | branches | lines of code |\n|---|---|---|---|")
for name in sorted(totals, key=lambda n: (n == "all of src", n)):
    run, lines, taken, branches = totals[name]
    share = lambda part, whole: f"{100 * part / whole:.1f} %" if whole else ""
    print(f"| {name} | {share(run, lines)} | {share(taken, branches)} | {lines} |")
PYTHON
