#!/usr/bin/env python3
"""What watching a module costs, over real sockets: release modules unwatched, scraped every second, and with traces, in turn, each saturated
with prompts to a mock upstream. The processor's time of a prompt is compared, because it says what a busy lane can do; the rate stands beside it.

bench/observing_figures.py [--quick] [--bin FOLDER] [--rounds N]
The exit code is 1 when the target was missed. --quick is for trying it: fewer rounds, and so rougher."""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import urllib.request

import run
from run import Program, row

ROUND_SECONDS = 1
CONNECTIONS = 16
TARGET = 2.0  # percent
TICK = os.sysconf("SC_CLK_TCK")

# name: (share of the requests that is traced, whether its metrics are scraped, whether the target holds for it)
WATCHED = {
    "unwatched": (None, False, False),
    "metrics scraped every second": (None, True, False),
    "metrics, a tenth traced (the default)": (0.1, True, True),
    "metrics, every request traced": (1.0, True, False),
}


def module(folder, upstream, collector, share):
    folder.mkdir()
    config = run.module_config(folder, upstream)
    if share is not None:
        config.write_text(config.read_text() + f"traces: {{endpoint: http://127.0.0.1:{collector}/v1/traces, sample: {share}}}\n")
    return run.start_module(config)


def cpu_seconds(program):
    fields = pathlib.Path(f"/proc/{program.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def metrics_of(program):
    return urllib.request.urlopen(f"http://127.0.0.1:{program.port}/metrics", timeout=10).read().decode()


class Scraping:
    """A scrape at once and then every second, as Prometheus does it at its most frequent."""

    def __init__(self, program, wanted):
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.scrape, args=(program,)) if wanted else None

    def scrape(self, program):
        while True:
            metrics_of(program)
            if self.end.wait(1):
                return

    def __enter__(self):
        if self.thread:
            self.thread.start()

    def __exit__(self, *_):
        self.end.set()
        if self.thread:
            self.thread.join()


def measure(program, scraped):
    with Scraping(program, scraped):
        before = cpu_seconds(program)
        result = run.load("genvm", program.port, 0, connections=CONNECTIONS, seconds=ROUND_SECONDS)
        used = cpu_seconds(program) - before
    if result["errors"] or not result["count"]:
        raise SystemExit(f"bench: prompts failed: {result}")
    # The generator warms up for a second and does not count it; its prompts cost as much as the others.
    prompts = result["achieved"] * (ROUND_SECONDS + 1)
    return {"cpu_us": used / prompts * 1e6, "rate": result["achieved"]}


def spans(program):
    return {line.split()[0].split('"')[1]: int(float(line.split()[1]))
            for line in metrics_of(program).splitlines() if line.startswith("genvm_trace_spans_total{")}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--bin", type=pathlib.Path, default=run.BIN)
    arguments.add_argument("--rounds", type=int)
    options = arguments.parse_args()
    run.BIN = options.bin
    rounds = options.rounds or (3 if options.quick else 10)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        mock, collector = (Program([run.BIN / "bench_mock_upstream"], r"ready (\d+)", preexec_fn=run.instrument) for _ in range(2))
        modules = {name: module(folder / str(i), int(mock.match[1]), int(collector.match[1]), share)
                   for i, (name, (share, _, _)) in enumerate(WATCHED.items())}
        found = [{name: measure(each, WATCHED[name][1]) for name, each in modules.items()} for _ in range(rounds)]
        exported = {name: spans(each) for name, each in modules.items()}
        for each in modules.values():
            each.stop()
        collector.stop()
        mock.stop()
    print(f"Watching, {CONNECTIONS} sessions, medians of {rounds} rounds in turn")
    missed = False
    for name, (_, _, has_target) in WATCHED.items():
        cpu = statistics.median(each[name]["cpu_us"] for each in found)
        rate = statistics.median(each[name]["rate"] for each in found)
        row(f"processor's time of a prompt, {name}", f"{cpu:.1f} µs", f"{rate:.0f} prompts/s {exported[name] or ''}")
        added = [(each[name]["cpu_us"] / each["unwatched"]["cpu_us"] - 1) * 100 for each in found]
        if name == "unwatched":
            continue
        quarters = statistics.quantiles(added, n=4)
        row(f"added, {name}", f"{statistics.median(added):.1f} %", f"half of the rounds {quarters[0]:.1f} to {quarters[2]:.1f}"
            + (f"; target under {TARGET:.0f} %" if has_target else ""))
        missed = missed or (has_target and statistics.median(added) >= TARGET)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
