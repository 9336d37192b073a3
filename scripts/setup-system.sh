#!/usr/bin/env bash
# Installs the packages of scripts/packages.txt that are missing. Quick when nothing is.
# Usage: scripts/setup-system.sh [--check]   --check: only says what is missing, exit 1 if anything is
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(scripts/packages.sh)
missing=()
for package in $wanted; do
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all $(wc -w <<<"$wanted") packages are installed"
  exit 0
fi
echo "setup: missing packages: ${missing[*]}"
[ "${1:-}" = "--check" ] && exit 1

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run as root once, or install these packages yourself" >&2; exit 1; }
  as_root=(sudo)
fi
# The tests start PostgreSQL servers of their own: installing one must not start another.
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
  "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/genvm.conf >/dev/null
fi
# Nor may a Prometheus run for itself: only its programs are wanted (scripts/monitoring_test.sh).
if [[ " ${missing[*]} " == *" prometheus "* ]] && [ ! -e /etc/systemd/system/prometheus.service ]; then
  "${as_root[@]}" mkdir -p /etc/systemd/system
  "${as_root[@]}" ln -s /dev/null /etc/systemd/system/prometheus.service
fi
echo "setup: refreshing the package lists"
"${as_root[@]}" apt-get update -qq
echo "setup: installing ${#missing[@]} packages"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" |
  grep -E '^(Setting up|Unpacking)' | sed 's/^/setup:   /' || true
# The grep above may hide a failure of apt-get: look again.
exec "$0" --check
