#!/usr/bin/env python3
"""Admission under overload: what a module's accepted and refused requests take at three times its capacity.

usage: bench/overload.py [--bin FOLDER] [--generator FILE] [--upstream FILE] [--seconds N] [--upstream-ms N] [--max-lane-delay D]

Starts an upstream that answers after a fixed time, and an LLM module with one lane. Finds the rate at which the module is saturated (closed
loop), then sends prompts at fixed times: at 0.7 of that rate ("normal"), and at three times it, with and without `serve.max_lane_delay`.
A latency counts from the time a prompt was due. Everything is on loopback and ends by itself after some four times N seconds. The machine
should be idle: the generator and the upstream need a processor beside the lane's.
"""
import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
WARMUP = 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--generator", type=pathlib.Path)
    parser.add_argument("--upstream", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--upstream-ms", type=int, default=200)
    parser.add_argument("--max-lane-delay", default="5ms")
    parser.add_argument("--connections", type=int, default=2000)
    return parser.parse_args()


class Program:
    def __init__(self, command, ready):
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(ready, line)
            if found:
                self.port = int(found[1])
                return
        raise SystemExit(f"overload: {command[0]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        self.process.wait(timeout=60)


def module(options, folder, upstream, limit):
    config = pathlib.Path(folder) / "llm.yaml"
    config.write_text(f"""
bind_address: 127.0.0.1:0
threads: 1
lua_script_path: {ROOT}/config/genvm-llm-default.lua
data_dir: {folder}
log_level: info
sandbox: 'off'
serve: {{max_lane_delay: {limit}}}
http: {{max_connections: 4000, max_idle_connections: 4000}}
backends:
  mock:
    host: http://127.0.0.1:{upstream.port}
    provider: openai-compatible
    key: bench
    models: {{mock: {{supports_json: true}}}}
""")
    return Program([options.bin / "genvm-llm", "--config", config], r'"address":"127.0.0.1:(\d+)"')


def load(options, port, rate, connections):
    command = [options.generator or options.bin / "bench_load_generator", "--mode", "framed", "--port", port, "--rate", rate,
               "--seconds", options.seconds, "--warmup", WARMUP, "--connections", connections]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                          timeout=20 * (options.seconds + WARMUP))
    return json.loads(done.stdout)


def show(name, row):
    print(f"{name:34} due {row['rate']:6.0f}/s  accepted {row['achieved']:6.0f}/s  p50 {row['p50_us'] / 1e3:7.1f}  p99 {row['p99_us'] / 1e3:7.1f} ms"
          f"  refused {row['refused'] / row['seconds']:6.0f}/s  p50 {row['refused_p50_us'] / 1e3:6.1f}  p99 {row['refused_p99_us'] / 1e3:6.1f} ms"
          f"  errors {row['errors']}", flush=True)


def measure(options, name, limit, rate, connections):
    with tempfile.TemporaryDirectory() as folder, \
            Program([options.upstream or options.bin / "bench_mock_upstream", "--delay-us", options.upstream_ms * 1000], r"ready (\d+)") as upstream, \
            module(options, folder, upstream, limit) as server:
        row = load(options, server.port, rate, connections)
        row["seconds"] = options.seconds
        show(name, row)
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics").read().decode()
        delays = dict(re.findall(r'genvm_serve_lane_delay_seconds_bucket\{le="([^"]+)"\} (\d+)', metrics))
        print("    rounds of the lane:", ", ".join(f"<={bound}s {count}" for bound, count in delays.items() if bound in ("0.005", "0.01", "0.025", "0.1", "+Inf")))
        return row


def main():
    options = arguments()
    most = measure(options, "saturated (closed loop)", 0, 0, 400)
    capacity = most["achieved"]
    normal = measure(options, "normal (0.7)", options.max_lane_delay, capacity * 0.7, options.connections)
    measure(options, "three times, no limit", 0, capacity * 3, options.connections)
    over = measure(options, f"three times, {options.max_lane_delay}", options.max_lane_delay, capacity * 3, options.connections)
    ratio = over["p99_us"] / normal["p99_us"]
    print(f"p99 of accepted requests: {ratio:.2f} times normal (asked: under 2); p99 of refusals: {over['refused_p99_us'] / 1e3:.1f} ms (asked: under 10)")
    return 0 if ratio < 2 and over["refused_p99_us"] < 10_000 else 1


if __name__ == "__main__":
    sys.exit(main())
