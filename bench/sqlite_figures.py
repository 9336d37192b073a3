#!/usr/bin/env python3
"""Figures of require("lsqlite3"): how many small statements a second one session runs, and what that costs another session of
the same lane, which asks for nothing but an answer. The release module, all on this machine.

bench/sqlite_figures.py [--quick] [--bin FOLDER]      The exit code is 1 when a target was missed."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import run
from routing_figures import MISSED, STARTED, Load, must, percentile, verdict
from run import row

RATE = 200  # prompts a second of the neighbour
WANTED = 5_000  # statements a second
SCRIPT = """
local lib = require("lib-genvm")
local sqlite3 = require("lsqlite3")

local function statements(seconds, name)
  local db = sqlite3.open(name)
  db:exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" ..
    "CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, n INTEGER)")
  local insert = db:prepare("INSERT INTO t(k, n) VALUES (?, 1) ON CONFLICT(k) DO UPDATE SET n = n + 1")
  local count, ends = 0, lib.rs.monotonic_ms() + 1000 * seconds
  while lib.rs.monotonic_ms() < ends do
    insert:bind_values(count % 100)
    if insert:step() ~= sqlite3.DONE then error(db:errmsg()) end
    insert:reset()
    count = count + 1
  end
  db:close()
  return count
end

function ExecPrompt(ctx, args)
  local seconds, name = args.prompt:match("^sql (%d+) (.*)$")
  if seconds == nil then return { data = "pong", consumed_gen = 0 } end
  return { data = "counted " .. statements(tonumber(seconds), name), consumed_gen = 0 }
end

function ExecPromptTemplate() return { data = true, consumed_gen = 0 } end
"""


def start(folder):
    script = folder / "script.lua"
    script.write_text(SCRIPT)
    config = folder / "genvm-module-llm.yaml"
    config.write_text(f"bind_address: 127.0.0.1:0\nlua_script_path: {script}\ndata_dir: {folder}/data\nlog_level: warn\n"
                      "threads: 1\nscript: {cpu_total: 60s}\nbackends:\n  main:\n    host: http://127.0.0.1:9\n"
                      "    provider: openai-compatible\n    key: bench\n    models: {mock: {}}\n")
    program = run.start_module(config)
    STARTED.append(program.process)
    return program


def ask_for_statements(port, seconds, name):
    return subprocess.Popen([str(run.BIN / "genvm-modules"), "call", f"ws://127.0.0.1:{port}", "prompt", f"sql {seconds} {name}"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def statements(folder, seconds):
    module = start(folder)
    print(f"One session's statements (bind, step, reset of an upsert, a WAL file), and {RATE} prompts a second of another\n"
          "    session on the same lane, whose script answers at once")
    alone = Load(module, RATE, seconds, connections=4).prompts()
    for name in (":memory:", "figures.db"):
        busy = ask_for_statements(module.port, seconds + 2, name)
        beside = Load(module, RATE, seconds, connections=4).prompts()
        out, _ = busy.communicate(timeout=seconds + 60)
        found = re.search(r"counted (\d+)", out)
        if not found:
            raise SystemExit(f"bench: no statements were counted: {out}")
        rate = int(found[1]) / (seconds + 2)
        must(f"{name}: statements a second", rate >= WANTED, f"{rate:.0f}")
        must(f"{name}: the neighbour's prompts answered", all(p.ok for p in beside), f"{len(beside)}")
        row(f"{name}: the neighbour's p50, longest", f"{percentile([p.ms for p in beside], 0.5):.2f} ms",
            f"{max(p.ms for p in beside):.2f} ms")
        row("    the same without statements", f"{percentile([p.ms for p in alone], 0.5):.2f} ms",
            f"{max(p.ms for p in alone):.2f} ms")
        verdict(f"{name}: the neighbour's p99, more than without",
                percentile([p.ms for p in beside], 0.99) - percentile([p.ms for p in alone], 0.99), "ms", 5, 2)
    if module.stop() != 0:
        MISSED.append("the module's exit code")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bin", type=pathlib.Path, default=run.BIN)
    options = parser.parse_args()
    run.BIN = options.bin
    try:
        with tempfile.TemporaryDirectory() as folder:
            statements(pathlib.Path(folder), 4 if options.quick else 15)
    finally:
        for process in STARTED:
            process.kill()  # nothing, where it has ended
    if MISSED:
        print("missed: " + "; ".join(MISSED))
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
