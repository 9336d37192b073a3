#!/usr/bin/env bash
# Valgrind's memcheck over the release code that reads pages: no read of memory that is foreign or was never written.
# The pages: tests/data/extraction, the fuzz corpus, and the benchmark's where it is (GVM_EXTRACTION_DATA, else
# ../shared/data/extraction). Fails on the first error; prints how many pages were read.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "memcheck: install valgrind first" >&2; exit 1; }
program=build/release/bin/bench_extraction
data=${GVM_EXTRACTION_DATA:-../shared/data/extraction}
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
mkdir -p build
cmake --preset release >build/cmake-release.log 2>&1 || { tail -30 build/cmake-release.log; exit 1; }
cmake --build --preset release --target bench_extraction --parallel "${JOBS:-$(nproc)}"
cp tests/data/extraction/*.html "$pages"
for file in fuzz/corpus/html_fuzz/*; do cp "$file" "$pages/fuzz-$(basename "$file")"; done
if [ -d "$data/html" ]; then
  for file in "$data"/html/*.html.gz; do gunzip -c "$file" >"$pages/$(basename "$file" .gz)"; done
fi
valgrind --quiet --error-exitcode=9 --exit-on-first-error=yes "$program" "$pages"/* >"$pages.out" 2>"$pages.err" ||
  { cat "$pages.err"; rm -f "$pages.out" "$pages.err"; echo "memcheck: failed" >&2; exit 1; }
rm -f "$pages.out" "$pages.err"
echo "memcheck: $(find "$pages" -type f | wc -l) pages read, no error"
