#!/usr/bin/env bash
# What the demo's parts share; sourced by them in the project's root.
set -euo pipefail
bin=${DEMO_BIN:-build/release/bin}
work=build/demo
mkdir -p "$work"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap finish EXIT

# Waits for a line in a file, as long as the process lives. The file of an earlier run must have been removed before the process
# was started: its redirection may come later than the first look.
wait_for_line() { # FILE PATTERN PID SECONDS WHAT
  for _ in $(seq $((10 * $4))); do
    grep -q "$2" "$1" 2>/dev/null && return 0
    kill -0 "$3" 2>/dev/null || { echo "demo: $5 ended before it was ready:"; tail -5 "$1"; return 1; }
    sleep 0.1
  done
  echo "demo: $5 was not ready within $4 s"
  return 1
}

# Starts a module with a configuration; sets `address` and `module`.
start_module() { # llm|web CONFIG
  "$bin/genvm-modules" check-config "$2"
  rm -f "$work/$1.log"
  "$bin/genvm-modules" "$1" --config "$2" >"$work/$1.log" 2>"$work/$1.err" &
  module=$!
  pids+=("$module")
  wait_for_line "$work/$1.log" '"message":"ready"' "$module" 90 "the module" || { cat "$work/$1.err"; exit 1; }
  address=$(grep '"message":"ready"' "$work/$1.log" | sed -E 's/.*"address":"([^"]*)".*/\1/')
  echo "genvm-$1 listens on $address; its log is $work/$1.log"
}

# Shows a command, then runs it.
failed=0
call() { # ARGUMENTS...
  printf '$ genvm-modules call ws://%s' "$address"
  printf ' %q' "$@"
  printf '\n'
  "$bin/genvm-modules" call "ws://$address" "$@"
}
ask() { # TITLE ARGUMENTS...
  say "$1"
  shift
  call "$@" || failed=1
}

# What an operator does at the end.
stop_module() { # llm|web
  say "Shutdown"
  kill -TERM "$module"
  local code=0
  wait "$module" || code=$?
  echo "genvm-$1 ended with exit code $code"
  if [ "$code" -ne 0 ] || [ "$failed" -ne 0 ]; then
    echo "demo: something above did not work; the module's log is $work/$1.log"
    exit 1
  fi
}
