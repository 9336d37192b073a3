#!/usr/bin/env bash
# Prints the packages of scripts/packages.txt for this distribution (or for the one named, e.g. debian-13), one a line.
# Usage: scripts/packages.sh [DISTRIBUTION-VERSION]
set -euo pipefail
cd "$(dirname "$0")"
distribution=${1:-}
if [ -z "$distribution" ]; then
  # shellcheck source=/dev/null
  distribution=$(. /etc/os-release && echo "${ID:-unknown}-${VERSION_ID:-}")
fi
awk -v wanted="$distribution" '
  { sub(/#.*/, "") }
  NF == 1 { print $1; next }
  NF > 1 { for (i = 2; i <= NF; i++) if ($i == wanted) print $1 }' packages.txt
