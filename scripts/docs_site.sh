#!/usr/bin/env bash
# Writes the documentation as a site to build/docs-site (--check: to a folder that is removed again). A link or an anchor that leads nowhere
# is an error, and so is anything the pages would load from the network. Ends with 77 and a sentence when MkDocs cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup-python.sh "$PWD/scripts/requirements-docs.txt" || { echo "docs-site: skipped: MkDocs is missing"; exit 77; }
site=build/docs-site
if [ "${1:-}" = --check ]; then
  site=$(mktemp -d)
  trap 'rm -rf "$site"' EXIT
fi
# Not --quiet: that also silences what --strict counts.
said=$(build/venv/bin/python -m mkdocs build --strict --site-dir "$(realpath -m "$site")" 2>&1) || { echo "$said" >&2; exit 1; }
if loaded=$(grep -rnoE '(src|href)="(https?:)?//[^"]*\.(js|css|woff2?|png|svg|ico)[^"]*"' "$site" --include='*.html' | head -5) && [ -n "$loaded" ]; then
  echo "docs-site: pages load from the network: $loaded" >&2
  exit 1
fi
echo "docs-site: $(find "$site" -name '*.html' | wc -l) pages$([ "${1:-}" = --check ] || echo " in $site/index.html")"
