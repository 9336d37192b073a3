#!/usr/bin/env bash
# Builds the OTLP receiver of the OpenTelemetry Collector (tests/foreign/otlp_collector) into
# build/otlp-collector. Does nothing, at once, when it was built before from the same files. Exits
# with 3 when there is no Go, or its modules cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source=$root/tests/foreign/otlp_collector
folder=$root/build/otlp-collector
log=$root/build/otlp-collector.log
time_limit=${GENVM_GO_TIME_LIMIT:-1800} # seconds

cannot() {
  echo "setup-collector: $1" >&2
  exit 3
}

mkdir -p "$folder"
# Tests may start this at the same time.
exec 9>"$root/build/.otlp-collector.lock"
flock 9
stamp=$(cat "$source"/go.mod "$source"/go.sum "$source"/main.go | sha256sum | cut -d' ' -f1)
if [[ -x $folder/otlp-collector ]] && [[ $(cat "$folder/built-from" 2>/dev/null) == "$stamp" ]]; then
  exit 0
fi
command -v go >/dev/null || cannot "go is not installed, so the collector's receiver cannot be built."
echo "setup-collector: building tests/foreign/otlp_collector into build/otlp-collector"
if ! (cd "$source" && timeout "$time_limit" go build -mod=readonly -o "$folder/otlp-collector" . >"$log" 2>&1 9>&-); then
  cannot "the collector's receiver could not be built (go's own words are in build/otlp-collector.log)."
fi
echo "$stamp" >"$folder/built-from"
