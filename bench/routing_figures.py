#!/usr/bin/env python3
"""Figures of routing over real sockets: the release module between an open-loop client and scriptable upstreams, all on
this machine. Each is printed beside its target, with the configuration it was measured with.

bench/routing_figures.py [--quick] [--bin FOLDER] [FIGURE...]      figures: latency hedge outage cancel storm
The exit code is 1 when a target was missed. --quick is for trying it: shorter, and so rougher."""
import argparse
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request

import run
from run import Program, row

MISSED = []
STARTED = []  # programs, so that none outlives a run that fails


def verdict(name, value, unit, most, shown=1):
    row(name, f"{value:.{shown}f} {unit}", f"target at most {most:g} {unit}")
    if value > most:
        MISSED.append(name)


def must(name, holds, found):
    row(name, found, "" if holds else "MISSED")
    if not holds:
        MISSED.append(name)


def percentile(values, quantile):
    return sorted(values)[min(len(values) - 1, int(quantile * len(values)))]


class Mock:
    def __init__(self, name, script=None):
        self.program = Program([run.BIN / "genvm-mock-upstream", "--name", name, "--control-port", "0"], r"control (\d+)")
        STARTED.append(self.program.process)
        self.control = int(self.program.match[1])
        self.port = int(re.search(r"ready (\d+)", self.program.process.stdout.readline())[1])
        if script:
            self.script(script)

    def _ask(self, path, data=None):
        url = f"http://127.0.0.1:{self.control}/_mock/{path}"
        with urllib.request.urlopen(urllib.request.Request(url, data=data)) as answer:
            return json.load(answer)

    def script(self, script):
        self._ask("rules", json.dumps(script).encode())

    def stats(self):
        return self._ask("stats")

    def calls(self):
        return self._ask("calls")["calls"]

    def bill(self):
        return self._ask("bill?rows=0")

    def reset(self):
        self._ask("reset", b"")

    def stop(self):
        self.program.stop()


def backend(name, mock, more=""):
    return f"""  {name}:
    host: http://127.0.0.1:{mock.port}
    provider: openai-compatible
    key: bench
    models: {{mock: {{max_tokens: {{default: 100, ceiling: 100}}}}}}
{more}"""


def backends_of(mocks, more=""):
    return [backend(f"b{number}", mock, more) for number, mock in enumerate(mocks)]


class Module:
    """The shipped script and defaults, but for what `settings` say."""

    def __init__(self, folder, backends, settings=""):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.config = self.folder / "config.yaml"
        self.text = (f"bind_address: 127.0.0.1:0\nlua_script_path: {run.ROOT}/config/genvm-llm-default.lua\n"
                     f"data_dir: {folder}/data\nlog_level: warn\n{settings}backends:\n{''.join(backends)}")
        self.start()

    def start(self):
        self.config.write_text(self.text)
        self.program = run.start_module(self.config)
        STARTED.append(self.program.process)
        self.port = self.program.port

    def stop(self):
        if self.program.stop() != 0:
            MISSED.append("the module's exit code")

    def metric(self, name):
        """The sum over all its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as page:
            text = page.read().decode()
        return sum(float(v) for v in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))

    def files(self):
        return len(list(pathlib.Path(f"/proc/{self.program.process.pid}/fd").iterdir()))

    def tool(self, *arguments):
        return subprocess.run([str(run.BIN / "genvm-modules"), *arguments, "--config", str(self.config)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Prompt:
    def __init__(self, line):
        due, done, self.outcome, self.who = line.split()
        self.due, self.done = int(due), int(done)

    ok = property(lambda self: self.outcome == "Ok")
    ms = property(lambda self: (self.done - self.due) / 1e6)


def client(given):
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    return [str(run.BIN / "bench_prompt_client"), *words]


class Load:
    """Prompts at fixed times; `began` is the first one's, in ns of the steady clock."""

    def __init__(self, module, rate, seconds, connections=64, patience=30):
        given = {"mode": "load", "port": module.port, "rate": rate, "seconds": seconds, "connections": connections,
                 "patience": patience}
        self.process = subprocess.Popen(client(given), stdout=subprocess.PIPE, text=True)
        self.began = int(self.process.stdout.readline().split()[1])

    def wait_until(self, seconds):
        time.sleep(max(0.0, seconds - (time.monotonic_ns() - self.began) / 1e9))

    def prompts(self):
        lines = self.process.stdout.read().splitlines()
        if self.process.wait() != 0:
            raise SystemExit("bench: the prompt client failed")
        return [Prompt(line) for line in lines]


def heading(title, settings):
    print(f"{title}\n    with {' '.join(settings.split())}")


# The first figure: who is fastest is found, and found anew.

def latency(folder, quick):
    seconds, rate = (16 if quick else 60), 200
    usual, slow_ms = [10, 20, 40, 80, 160], 200
    spread = lambda ms: {"uniform": [0.9 * ms, 1.1 * ms]}
    mocks = [Mock(f"{ms}ms", {"latency": spread(ms)}) for ms in usual]
    backends = [backend(f"b{ms}", mock) for ms, mock in zip(usual, mocks)]
    settings = "routing: {strategy: latency}\n"
    heading(f"Five upstreams of {usual} ms (10 % more or less), {rate} prompts a second; the fastest takes {slow_ms} ms from "
            "the middle on", settings)

    # Side by side with an oracle, which knows who is fastest: whatever else the machine does meets both.
    module = Module(folder / "strategy", backends, settings)
    oracles = [Module(folder / f"oracle{which}", [backends[which]]) for which in (0, 1)]
    load = Load(module, rate, seconds)
    mocks[0].script({"rules": [{"when": {"from_ms": seconds * 500}, "latency": spread(slow_ms)}]})
    best = Load(oracles[0], rate, seconds / 2 - 1).prompts()  # ends before the turn
    load.wait_until(seconds / 2)
    best += Load(oracles[1], rate, seconds / 2 - 1).prompts()
    found = load.prompts()
    for each in (module, *oracles):
        each.stop()
    must("prompts answered", all(p.ok for p in found + best), f"{len(found)} + {len(best)}")
    mine, theirs = percentile([p.ms for p in found], 0.99), percentile([p.ms for p in best], 0.99)
    row("p99 of an oracle", f"{theirs:.1f} ms")
    verdict("p99", mine, "ms", round(1.15 * theirs, 1))
    medians = [f"{percentile([p.ms for p in some], 0.5):.1f} ms" for some in (found, best)]
    row("p50, of the oracle", *medians)
    row("slower than any call of the oracle", f"{sum(p.ms > max(q.ms for q in best) for p in found)} prompts")
    row("answers by upstream", "/".join(str(sum(p.who == f"{ms}ms" for p in found)) for ms in usual))
    for mock in mocks:
        mock.stop()


def hedge(folder, quick):
    seconds, rate = (10 if quick else 40), 100
    slow = {"bimodal": {"usual_ms": 50, "slow_ms": 2000, "slow_share": 0.05}}
    mocks = [Mock(name, {"latency": slow, "seed": seed}) for name, seed in (("a", 7), ("b", 8))]
    settings = "routing: {hedge: {enabled: true, quantile: 0.9, share: 0.06}}\n"
    heading(f"95 % of the calls take 50 ms, 5 % take 2 s; {rate} prompts a second; two upstreams of this kind", settings)
    for hedged in (True, False):
        module = Module(folder / f"hedged-{hedged}", backends_of(mocks), settings if hedged else "")
        for mock in mocks:
            mock.reset()
        found = Load(module, rate, seconds).prompts()
        module.stop()
        must("prompts answered", all(p.ok for p in found), str(len(found)))
        p99 = percentile([p.ms for p in found], 0.99)
        extra = sum(mock.stats()["calls"] for mock in mocks) - len(found)
        if hedged:
            verdict("p99", p99, "ms", 150)
            verdict("calls beyond one a prompt, as upstreams count", 100 * extra / len(found), "%", 6, 2)
        else:
            row("p99 without a second call", f"{p99:.1f} ms")
    for mock in mocks:
        mock.stop()


def outage(folder, quick):
    before, dead, after, rate = 3, (4 if quick else 10), 6, 200
    settings = "routing: {deadline: 5s}\n"
    heading(f"Both of two upstreams fail for {dead} s, {rate} prompts a second", settings)
    for fault in ("status_503", "cut_after_request", "refuse"):
        mocks = [Mock(name, {"latency": 20}) for name in "ab"]
        module = Module(folder / fault, backends_of(mocks), settings)
        load = Load(module, rate, before + dead + after)
        load.wait_until(before)
        for mock in mocks:
            mock.script({"rules": [{"fault": fault}]})
        begins = time.monotonic_ns()
        calls = module.metric("genvm_llm_calls_total")
        load.wait_until(before + dead)
        made = module.metric("genvm_llm_calls_total") - calls
        for mock in mocks:
            mock.script({"rules": []})
        ends = time.monotonic_ns()
        found = load.prompts()
        met = sum(count for mock in mocks for name, count in mock.stats()["by_fault"].items() if name != "none")
        asked = sum(begins <= p.due < ends for p in found)
        if fault == "refuse":
            met = made
        verdict(f"{fault}: attempts a prompt ({met:.0f} of {asked})", met / asked, "", 1.1, 3)
        waited = [p for p in found if begins <= p.due < ends]
        row(f"{fault}: prompts of the outage answered after it", f"{100 * share(Prompt.ok.fget, waited):.0f} %",
            f"the last one {max((p.done - ends for p in waited if p.ok), default=0) / 1e9:.2f} s after it")
        late = [p for p in found if p.due >= ends]
        verdict(f"{fault}: 99 % within 0.5 s again after", recovered_after(late, ends), "s", 2, 2)
        row(f"{fault}: failed although they came after it", str(sum(not p.ok for p in late)))
        module.stop()
        for mock in mocks:
            mock.stop()


def recovered_after(prompts, healthy):
    """Seconds until the end of the last quarter of a second in which less than 99 % were answered within half a second."""
    windows = {}
    for p in prompts:
        windows.setdefault(int((p.due - healthy) / 0.25e9), []).append(p)
    bad = [n for n, of in windows.items() if share(lambda p: p.ok and p.ms < 500, of) < 0.99]
    return (max(bad) + 1) / 4 if bad else 0


def share(holds, prompts):
    return sum(map(holds, prompts)) / max(1, len(prompts))


def leave(module, count, parallel, from_ms, until_ms, ways):
    given = {"mode": "leave", "port": module.port, "count": count, "parallel": parallel, "from-ms": from_ms,
             "until-ms": until_ms, "ways": ways}
    out = subprocess.run(client(given), stdout=subprocess.PIPE, text=True, check=True).stdout
    return [tuple(int(n) for n in line.split()) for line in out.splitlines()]


WAYS = ("a reset", "a closed socket", "WebSocket's goodbye")


def cancel(folder, quick):
    count = 300 if quick else 1800
    mock = Mock("a", {"latency": 5000})
    heading(f"{count} clients leave 40 to 80 ms after their prompt, 8 at a time; from then until the upstream sees the end "
            "of its connection", "the defaults")
    module = Module(folder / "cancel", [backend("a", mock)])
    left = {number: at for number, at, _ in leave(module, count, 8, 40, 80, len(WAYS))}
    wait_for(lambda: mock.stats()["in_flight"] == 0, 6)
    seen = {int(call["session"]): call["peer_closed_ns"] for call in mock.calls() if call["peer_closed_ns"]}
    must("calls that were ended", len(seen) == count, f"{len(seen)}")
    for way, name in enumerate(WAYS):
        took = [(seen[number] - at) / 1e6 for number, at in left.items() if number % len(WAYS) == way and number in seen]
        if took:
            row(f"{name}: p50, longest of {len(took)}", f"{percentile(took, 0.5):.2f} ms", f"{max(took):.2f} ms")
            verdict(f"{name}: p99", percentile(took, 0.99), "ms", 5, 2)
    module.stop()
    mock.stop()


def wait_for(condition, seconds):
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def storm(folder, quick):
    count, permits = (5_000 if quick else 100_000), 32
    prices = folder / "prices.yaml"
    prices.write_text("models:\n  - {model: mock, input: 3, output: 15}\n")
    mocks = [Mock(name) for name in "ab"]
    settings = f"pricing: {{file: {prices}}}\nbudgets: {{month: {{usd: 100000, window: month}}}}\n"
    heading(f"{count} prompts are cancelled at random moments, 48 at a time: by a reset, a closed socket, a goodbye in "
            f"turn; two upstreams of {permits} permits each", settings)
    module = Module(folder / "storm", backends_of(mocks, f"    max_concurrency: {permits}\n"), settings)

    def all_at_once():
        """Prompts that take every permit; how many calls the upstreams had at once."""
        for mock in mocks:
            mock.script({"latency": 500})
            mock.reset()
        found = Load(module, 100_000, 2 * permits / 100_000, connections=2 * permits).prompts()
        return sum(p.ok for p in found), sum(mock.stats()["most_in_flight"] for mock in mocks)

    all_at_once()
    wait_for(lambda: module.metric("genvm_serve_sessions_open") == 0, 10)
    files = module.files()
    for mock in mocks:
        mock.script({"latency": {"uniform": [5, 60]}})
        mock.reset()
    began = time.monotonic()
    left = leave(module, count, 48, 0, 70, len(WAYS))
    took = time.monotonic() - began
    row("cancellations", f"{len(left)} in {took:.0f} s", f"{sum(answered for *_, answered in left)} were answered before")
    must("sessions left open", wait_for(lambda: module.metric("genvm_serve_sessions_open") == 0, 10),
         f"{module.metric('genvm_serve_sessions_open'):.0f}")
    must("calls still counted as under way", wait_for(lambda: module.metric("genvm_llm_candidate_calls") == 0, 10),
         f"{module.metric('genvm_llm_candidate_calls'):.0f}")
    row("calls the upstreams saw, of them abandoned", f"{sum(m.stats()['calls'] for m in mocks)}",
        f"{sum(m.stats()['abandoned'] for m in mocks)}")
    must("calls at the upstreams still in flight", wait_for(lambda: all(m.stats()["in_flight"] == 0 for m in mocks), 10),
         f"{sum(m.stats()['in_flight'] for m in mocks)}")
    billed = sum(m.bill()["cost_nano_usd"] for m in mocks)
    answered, at_once = all_at_once()
    must(f"permits that can still be taken, of {2 * permits}", at_once == 2 * permits == answered, f"{at_once}")
    billed += sum(m.bill()["cost_nano_usd"] for m in mocks)
    wait_for(lambda: module.metric("genvm_serve_sessions_open") == 0, 10)
    # Two a pooled connection; the lanes' pools share the same number of calls a little differently each time.
    must("file descriptors before, after", module.files() <= files + 16, f"{files}, {module.files()}")
    wait_for(lambda: module.metric("genvm_llm_ledger_backlog") == 0, 10)
    module.stop()
    check_ledger(module, billed)
    for mock in mocks:
        mock.stop()


def check_ledger(module, billed):
    """A reservation that was left over would be charged, and told, at the next start."""
    before = json.loads(module.tool("usage", "--json").stdout)["total"]
    module.start()
    module.stop()
    after = json.loads(module.tool("usage", "--json").stdout)["total"]
    must("reservations left in the ledger", before == after, f"{after['calls'] - before['calls']}")
    spent = int(round(float(after["usd"]) * 1e9))
    must("the ledger's sum is at least the bill", spent >= billed, f"{spent / 1e9:.4f} USD")
    row("the bill of all upstreams", f"{billed / 1e9:.4f} USD")
    whole = module.tool("ledger", "verify")
    must("ledger verify", whole.returncode == 0, "whole" if whole.returncode == 0 else whole.stdout.strip()[:200])


FIGURES = {f.__name__: f for f in (latency, hedge, outage, cancel, storm)}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bin", type=pathlib.Path, default=run.BIN)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.figures if name not in FIGURES]:
        parser.error(f"there is no figure {unknown[0]}")
    run.BIN = options.bin
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, most), most))
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name in options.figures or FIGURES:
                figure_folder = pathlib.Path(folder) / name
                figure_folder.mkdir()
                FIGURES[name](figure_folder, options.quick)
                print(flush=True)
    finally:
        for process in STARTED:
            process.kill()  # nothing, where it has ended
    if MISSED:
        print("missed: " + "; ".join(MISSED))
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
