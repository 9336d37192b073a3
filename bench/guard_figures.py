#!/usr/bin/env python3
"""What guards add to a prompt, over real sockets: release modules with and without them, in turn, one session each, a prompt
of 4 KB after the other to a mock upstream.

bench/guard_figures.py [--quick] [--bin FOLDER] [--rounds N]
The exit code is 1 when the target was missed. --quick is for trying it: fewer rounds, and so rougher."""
import argparse
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import run
from run import Program, row

PROMPT_BYTES = 4096
PATTERNS = 1000
ROUND_SECONDS = 0.5
TARGET_US = 150

WORDS = ("the market resolves to yes if team wins final before date otherwise it no answer of model compare claims page price "
         "report council approved").split()


def prose():
    """Other words in every line, so that no rule sees the same twice."""
    chosen = random.Random(1)
    text = ""
    while len(text) < PROMPT_BYTES:
        text += chosen.choice(WORDS) + chosen.choice([" ", " ", " ", " ", ".\n", f" {chosen.randrange(10000)} "])
    return text[:PROMPT_BYTES]


def patterns():
    literals = [f"forbidden product {i}" for i in range(PATTERNS // 2)]
    expressions = [f"(?i)case[- ]?{i}[a-z]{{2,8}}-[0-9]{{3,6}}" for i in range(PATTERNS // 2)]
    return {"words": {"kind": "literals", "action": "block", "entries": literals},
            "patterns": {"kind": "patterns", "action": "block", "entries": expressions}}


def detectors():
    return {"people": {"kind": "personal", "action": "mask"}, "keys": {"kind": "secrets", "action": "mask"},
            "steering": {"kind": "injection", "action": "block"}, "system": {"kind": "canary", "action": "block"}}


SETS = {"off": {}, f"{PATTERNS} patterns": patterns(), "patterns and detectors": {**patterns(), **detectors()}}


def module(folder, upstream, rules):
    folder.mkdir()
    config = run.module_config(folder, upstream)
    if rules:  # JSON is YAML
        config.write_text(config.read_text() + "guards: " + json.dumps({"enforce": True, "rules": rules}) + "\n")
    return run.start_module(config)


def p50_of(port, prompt):
    out = subprocess.run([str(run.BIN / "bench_load_generator"), "--mode", "genvm", "--port", str(port), "--rate", "0",
                          "--seconds", str(ROUND_SECONDS), "--warmup", "0.1", "--connections", "1", "--prompt-file", str(prompt)],
                         stdout=subprocess.PIPE, text=True, check=True, preexec_fn=run.instrument).stdout
    result = json.loads(out)
    if result["errors"] or not result["count"]:
        raise SystemExit(f"bench: prompts failed: {out}")
    return result["p50_us"]


def looked_at(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        found = re.search(r'genvm_guard_texts_total\{stage="input"\} (\d+)', answer.read().decode())
    return int(found[1]) if found else 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--bin", type=pathlib.Path, default=run.BIN)
    arguments.add_argument("--rounds", type=int)
    options = arguments.parse_args()
    run.BIN = options.bin
    rounds = options.rounds or (5 if options.quick else 20)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        prompt = folder / "prompt.txt"
        prompt.write_text(prose())
        mock = Program([run.BIN / "bench_mock_upstream"], r"ready (\d+)", preexec_fn=run.instrument)
        modules = [(name, module(folder / str(i), int(mock.match[1]), rules)) for i, (name, rules) in enumerate(SETS.items())]
        found = []
        for i in range(rounds):  # each begins a round in turn
            order = modules[i % len(modules):] + modules[:i % len(modules)]
            found.append({name: p50_of(each.port, prompt) for name, each in order})
        for name, each in modules:
            if (looked_at(each.port) > 0) != bool(SETS[name]):
                raise SystemExit(f"bench: {name}: the guards looked at {looked_at(each.port)} prompts")
            each.stop()
        mock.stop()
    print(f"Guards, a prompt of {PROMPT_BYTES} bytes, one session, medians of {rounds} rounds in turn")
    missed = False
    for name in SETS:
        row(f"p50, {name}", f"{statistics.median(each[name] for each in found):.0f} µs")
    for name in list(SETS)[1:]:
        added = [each[name] - each["off"] for each in found]
        median = statistics.median(added)
        is_target = name == f"{PATTERNS} patterns"
        quarters = statistics.quantiles(added, n=4)
        row(f"added, {name}", f"{median:.0f} µs", f"half of the rounds {quarters[0]:.0f} to {quarters[2]:.0f}"
            + (f"; target under {TARGET_US} µs" if is_target else ""))
        missed = missed or (is_target and median >= TARGET_US)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
