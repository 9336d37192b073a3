#!/usr/bin/env bash
# Holds the shipped systemd units to their scores of exposure and checks that systemd understands them. Starts nothing.
# Exits with 77 where systemd-analyze is missing or too old for --offline.
set -euo pipefail
cd "$(dirname "$0")/../deploy/systemd"
command -v systemd-analyze >/dev/null || { echo "systemd: skipped: systemd-analyze is not installed."; exit 77; }
version=$(systemd-analyze --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')
[ "$version" -ge 250 ] || { echo "systemd: skipped: version $version cannot judge units offline."; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

score() { # UNIT_FILE MOST TITLE
  local line
  line=$(systemd-analyze security --offline=true --no-pager "$1" | tail -1)
  local value=${line##*: }
  value=${value%% *}
  echo "systemd: $3 has a score of $value, at most $2 is allowed"
  awk -v value="$value" -v most="$2" 'BEGIN { exit !(value ~ /^[0-9.]+$/ && value <= most) }' || failed=1
}

score genvm-llm.service 2.0 "genvm-llm.service"
mkdir -p "$work/genvm-web.service.d"
cp genvm-web.service "$work"
cp genvm-web-without-browser.conf "$work/genvm-web.service.d"
score "$work/genvm-web.service" 2.0 "genvm-web.service without a browser"
# Browsers need namespaces, mounts and executable memory: docs/installing.md says for each directive why it cannot be set.
score genvm-web.service 2.2 "genvm-web.service with browsers"

# systemd-analyze says what it does not know, but its exit code is 0. It also looks for the programs and manual pages: those are stood in for.
for unit in genvm-llm genvm-web; do
  sed -E -e 's#^(ExecStart|ExecReload)=.*#\1=/bin/true#' -e '/^Documentation=/d' "$unit.service" >"$work/$unit.service"
done
rm -rf "$work/genvm-web.service.d"
said=$(systemd-analyze verify "$work/genvm-llm.service" "$work/genvm-web.service" 2>&1 | grep -F genvm- || true)
if [ -n "$said" ]; then
  echo "$said"
  failed=1
fi
exit $failed
