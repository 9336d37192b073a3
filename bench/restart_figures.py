#!/usr/bin/env python3
"""Figures of restarts under load: a manager that replaces its LLM module again and again, with a changed configuration each
time, while prompts of generation B come in an open loop through sessions of half a second.

bench/restart_figures.py [--quick] [--bin FOLDER] [--restarts N]      GVM_RESTARTS=1000 says the same as --restarts 1000
The exit code is 1 when a target was missed."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import routing_figures
import run
from routing_figures import MISSED, STARTED, Load, Mock, must, percentile, verdict
from run import Program, row

RATE = 100  # prompts a second
SESSION_SECONDS = 0.5
PAUSE = 0.3  # seconds from one restart to the next
WINDOW = 1.0  # seconds after a restart that count as "during" it
CHUNK = 20  # seconds of one load; what is under way at its end is waited for


class Manager:
    """Runs the LLM module, which keeps its port for the whole time."""

    def __init__(self, folder, main, down):
        self.program = Program([run.BIN / "genvm-modules", "manager", "--port", "0"], r'"message":"ready"')
        STARTED.append(self.program.process)
        ready = json.loads(self.program.match.string)
        self.url = f"http://{ready['address']}"
        self.folder, self.main, self.down = folder, main, down
        # The modules' log comes out here: somebody has to read it.
        threading.Thread(target=lambda: [None for _ in self.program.process.stdout], daemon=True).start()

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"bench: {path}: {error.code} {error.read().decode()}") from error

    def config(self, number):
        """Every one is another one. The backend that is down comes first, so that its breaker opens."""
        def backend(mock, priority):
            return {"host": f"http://127.0.0.1:{mock.port}", "provider": "openai-compatible", "key": "bench",
                    "meta": {"priority": priority, "number": number},
                    "models": {"mock": {"max_tokens": {"default": 100, "ceiling": 100 + number % 2}}}}
        return {"bind_address": "127.0.0.1:0", "lua_script_path": f"{run.ROOT}/config/genvm-llm-default.lua",
                "data_dir": f"{self.folder}/data", "log_level": "warn",
                "budgets": {"all": {"window": "day", "requests": 10_000_000}},
                "routing": {"breaker": {"failures": 1, "open": "60m", "longest": "60m"}},
                "backends": {"down": backend(self.down, 9), "main": backend(self.main, 1)}}

    def module(self, what, number):
        return self.call(f"/module/{what}", {"module_type": "Llm", "config": self.config(number)})["result"]

    def status(self):
        return self.call("/status")["modules"]["llm"]

    def stop(self):
        if self.program.stop() != 0:
            MISSED.append("the manager's exit code")

    def calls_in_the_ledger(self, wanted):
        """The keeper stores the last calls when it ends, two seconds after the last module."""
        patience = time.monotonic() + 15
        while True:
            calls = self.calls_stored()
            if calls >= wanted or time.monotonic() > patience:
                return calls
            time.sleep(0.5)

    def calls_stored(self):
        path = pathlib.Path(self.folder) / "genvm-module-llm.yaml"
        path.write_text(json.dumps(self.config(0)))  # JSON is YAML
        out = subprocess.run([str(run.BIN / "genvm-modules"), "usage", "--json", "--config", str(path)],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
        return json.loads(out)["total"]["calls"]


class ShortSessions(Load):
    """Prompts of generation B at fixed times."""

    def __init__(self, port, seconds):
        given = {"mode": "load", "port": port, "rate": RATE, "seconds": seconds, "connections": 4, "patience": 30,
                 "generation": "b", "session-seconds": SESSION_SECONDS}
        self.process = subprocess.Popen(routing_figures.client(given), stdout=subprocess.PIPE, text=True)
        self.began = int(self.process.stdout.readline().split()[1])


def longest_slow_time(prompts, limit_ms):
    """Seconds between the first and the last of prompts in a row that took longer than the limit."""
    longest = 0
    begin = None
    for prompt in prompts:
        if prompt.ms <= limit_ms:
            begin = None
            continue
        begin = prompt.due if begin is None else begin
        longest = max(longest, prompt.done - begin)
    return longest / 1e9


class Restarts:
    def __init__(self, manager, port):
        self.manager, self.port = manager, port
        self.prompts, self.spans, self.took = [], [], []

    def restart(self):
        begin = time.monotonic_ns()
        result = self.manager.module("restart", len(self.took) + 1)
        end = time.monotonic_ns()
        must_be = "module_restarted"
        if result != must_be:
            raise SystemExit(f"bench: restart {len(self.took) + 1}: {result}")
        self.spans.append((begin, end + WINDOW * 1e9))
        self.took.append((end - begin) / 1e6)

    def run(self, count):
        while len(self.took) < count:
            seconds = min(CHUNK, (count - len(self.took)) * (PAUSE + 0.7) + 2)
            load = ShortSessions(self.port, seconds)
            load.wait_until(0.5)
            while len(self.took) < count and time.monotonic_ns() - load.began < (seconds - 1.5) * 1e9:
                self.restart()
                time.sleep(PAUSE)
            self.prompts += load.prompts()

    def during(self):
        return [p for p in self.prompts if any(begin <= p.due < end for begin, end in self.spans)]


def restarts(folder, count, quick):
    main_mock = Mock("up", {"latency": {"uniform": [18, 22]}})
    down = Mock("down", {"rules": [{"fault": "status_503"}]})
    manager = Manager(folder, main_mock, down)
    manager.module("start", 0)
    port = int(manager.status()["address"].rsplit(":", 1)[1])
    print(f"{count} restarts of the LLM module, each with a changed configuration; {RATE} prompts a second of generation B,\n"
          f"    sessions of {SESSION_SECONDS} s, an upstream of 20 ms, a second one that is down")
    normal = ShortSessions(port, 5 if quick else 20).prompts()
    usual = percentile([p.ms for p in normal], 0.99)
    failing = down.stats()["calls"]

    measured = Restarts(manager, port)
    measured.run(count)
    everything = normal + measured.prompts
    during = [p for p in measured.during() if p.ok]
    row("p50, p99 without restarts", f"{percentile([p.ms for p in normal], 0.5):.1f}, {usual:.1f} ms")
    row("a restart, p50 and longest", f"{percentile(measured.took, 0.5):.0f}, {max(measured.took):.0f} ms")
    failed = [p for p in everything if not p.ok]
    must(f"failed prompts of {len(everything)}", not failed, f"{len(failed)}")
    for outcome in sorted({p.outcome for p in failed}):
        row(f"    of them {outcome}", f"{sum(p.outcome == outcome for p in failed)}")
    row(f"prompts within {WINDOW:.0f} s of a restart, p50", f"{percentile([p.ms for p in during], 0.5):.1f} ms")
    verdict("the same, p99", percentile([p.ms for p in during], 0.99), "ms", round(3 * usual, 1))
    verdict("longest time in which all took over 3 times p99", longest_slow_time(measured.prompts, 3 * usual), "s", 1, 2)
    status = manager.status()
    must("takeovers, crashes", (status["takeovers"], status["restarts"]) == (count, 0),
         f"{status['takeovers']}, {status['restarts']}")
    must("calls at the upstream that is down, after its breaker opened", down.stats()["calls"] == failing,
         f"{down.stats()['calls'] - failing}")
    manager.stop()
    billed = main_mock.stats()["calls"] + down.stats()["calls"]
    counted = manager.calls_in_the_ledger(billed)
    must("calls in the ledger, at the upstreams", counted == billed, f"{counted}, {billed}")
    for mock in (main_mock, down):
        mock.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bin", type=pathlib.Path, default=run.BIN)
    parser.add_argument("--restarts", type=int, default=int(os.environ.get("GVM_RESTARTS", 0)))
    options = parser.parse_args()
    run.BIN = options.bin
    count = options.restarts or (10 if options.quick else 100)
    try:
        with tempfile.TemporaryDirectory() as folder:
            restarts(folder, count, options.quick)
    finally:
        for process in STARTED:
            process.kill()  # nothing, where it has ended
    if MISSED:
        print("missed: " + "; ".join(MISSED))
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
