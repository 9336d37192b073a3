#!/usr/bin/env python3
"""What one core carries: the figures of docs/scaling.md.

bench/scaling.py [--quick] [--bin FOLDER] [--seconds N] [--only sessions,web,pages,tls]

A module with one lane is pinned to one processor; the load and the servers it asks have the others. Two figures of each kind of work:
how many a second came back, and how many a whole second of the module's processor time carries (all its threads, from /proc), which a
busy machine changes less. Plain and TLS are measured in turn. Ends within four minutes. The exit code is 1 when a target was missed.
What metrics and traces cost is measured by bench/observing_figures.py.
"""
import argparse
import contextlib
import http.server
import json
import os
import pathlib
import platform
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import run
from run import Program, row

TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
MODULE_CORE, OTHER_CORES = {CORES[0]}, set(CORES[1:]) or {CORES[0]}
MISSED = []
BROWSERS = 8
IDLE_TARGET = 20  # KiB a session: 10,000 cost 200 MB


def on(cores):
    def pin():
        os.sched_setaffinity(0, cores)
        if cores is OTHER_CORES:
            run.instrument()
    return pin


def must(name, value, unit, most):
    row(name, f"{value:.1f} {unit}", f"target {most} {unit}")
    if value > most:
        MISSED.append(name)


# ---------------------------------------------------------------- processor time

def stat_of(pid):
    """State's fields after the command's name, which may hold anything."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def seconds_of(pid):
    """Processor time of its threads, to the nanosecond: a tick of /proc/PID/stat is too long for short rounds."""
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def ticks_of(pid):
    """In seconds; with children that have ended."""
    return sum(map(int, stat_of(pid)[11:15])) / TICKS


def tree_seconds(root):
    """Of a process, all that it started, and what these have started."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int(stat_of(entry.name)[1])
    total = 0.0
    for pid in parents:
        at = pid
        while at not in (0, root):
            at = parents.get(at, 0)
        if at == root:
            with contextlib.suppress(OSError):
                total += ticks_of(pid)
    return total


# ---------------------------------------------------------------- programs

class Module:
    """With one lane, on its own processor."""

    def __init__(self, text, program="genvm-llm", pinned=True):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory()
        script = "llm" if program == "genvm-llm" else "web"
        config = pathlib.Path(self.folder.name) / "config.yaml"
        config.write_text(f"bind_address: 127.0.0.1:{self.port}\nthreads: 1\nlua_script_path: {run.ROOT}/config/genvm-{script}-default.lua\n"
                          f"data_dir: {self.folder.name}\n{text}")
        self.program = Program([run.BIN / program, "--config", config], r'"message":"ready"', preexec_fn=on(MODULE_CORE) if pinned else None)
        # Its log comes out here: somebody has to read it.
        threading.Thread(target=self.program.process.stdout.read, daemon=True).start()
        self.pid = self.program.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.stop() != 0:
            MISSED.append("a module's exit code")
        self.folder.cleanup()


def backends(upstream):
    return f"""backends:
  mock: {{host: "http://127.0.0.1:{upstream}", provider: openai-compatible, key: bench, models: {{mock: {{supports_json: true}}}}}}
"""


def web(upstream, engine):
    return f"policy: {{ports: [80, 443, {upstream}], allow_addresses: [127.0.0.1]}}\nbrowser: {{engine: {engine}, max_browsers: {BROWSERS}}}\n"


def load(options, mode, port, url="", session_each=False, connections=32, seconds=None):
    command = [run.BIN / "bench_load_generator", "--mode", mode, "--port", port, "--rate", 0, "--seconds", seconds or options.seconds, "--warmup", 0,
               "--connections", connections, "--session-each", int(session_each), "--url", url]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, preexec_fn=on(OTHER_CORES),
                          timeout=60 + 10 * options.seconds)
    result = json.loads(done.stdout)
    if result["errors"]:
        raise SystemExit(f"scaling: {mode}: {result['errors']} errors")
    return result


def measured(options, module, mode, **more):
    """A load, and how many of its requests a second of the module's processor time carries."""
    before = seconds_of(module.pid)
    result = load(options, mode, module.port, **more)
    spent = seconds_of(module.pid) - before
    return result["achieved"], result["count"] / spent


def two_rows(name, rate, per_core):
    row(name, f"{rate:.0f}/s", f"{per_core:.0f} in a second of processor time, {1e6 / per_core:.0f} µs each")


# ---------------------------------------------------------------- what is measured

def sessions(options, upstream):
    print("Prompts and sessions, an LLM module with one lane on one processor, 32 connections")
    with Module(backends(upstream) + "serve: {max_sessions: 11000, idle_timeout: 60m}\n") as module:
        load(options, "genvm", module.port, seconds=1)
        two_rows("prompts in long sessions, WebSocket", *measured(options, module, "genvm"))
        two_rows("prompts in long sessions, length-prefixed", *measured(options, module, "framed"))
        two_rows("sessions of one prompt, WebSocket", *measured(options, module, "genvm", session_each=True, connections=16))
        two_rows("sessions of one prompt, length-prefixed", *measured(options, module, "framed", session_each=True, connections=16))
        run.memory_rows("after that load", module.program.memory(), 20)
        idle(module)


def idle(module):
    count = min(4000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
    before = module.program.memory().private_dirty
    sockets = []
    while len(sockets) < count:  # a module keeps at most 512 connections that are no sessions yet
        sockets += run.idle_sessions(module.port, min(250, count - len(sockets)))
    must(f"an idle session, of {count}", (module.program.memory().private_dirty - before) / count, "KiB", IDLE_TARGET)
    for each in sockets:
        each.close()


def web_requests(options, upstream):
    print("Web requests, a web module with one lane on one processor, 32 connections")
    with Module(web(upstream, "http"), "genvm-web") as module:
        url = f"http://127.0.0.1:{upstream}/"
        load(options, "web", module.port, url=url, seconds=1)
        two_rows("requests of contracts", *measured(options, module, "web", url=url))


PAGE = ("<!doctype html><title>Bench</title><h1>A page</h1>" + "".join(
    f"<p>Paragraph {i} has <b>some</b> words and <a href=/{i}>a link</a>.</p>" for i in range(40)) +
    "<script>document.body.append('made by a script')</script>").encode()


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


def pages(options, _):
    """Browsers use every core: the module is not pinned, and what counts is processor time of module and browsers together."""
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{site.server_port}/"
    print(f"Pages of {len(PAGE)} bytes with a script, in {BROWSERS} sessions, on all {len(CORES)} processors")
    for engine, count in (("http", 2000), ("browser", 80)):
        with Module(web(site.server_port, engine), "genvm-web", pinned=False) as module:
            for mode in ("text", "screenshot") if engine == "browser" else ("text",):
                render(module, url, mode, BROWSERS)
                before, began = tree_seconds(module.pid), time.monotonic()
                render(module, url, mode, count)
                took, spent = time.monotonic() - began, tree_seconds(module.pid) - before
                two_rows(f"pages by the engine {engine}, {mode}", count / took, count / spent)
            if engine == "browser":
                row(f"memory of the module and {BROWSERS} browsers, written", f"{tree_memory(module.pid) / 1024:.0f} MB")
    site.shutdown()


def render(module, url, mode, count):
    command = [run.BIN / "genvm-modules", "call", "--repeat", count, "--concurrency", BROWSERS, f"tcp://127.0.0.1:{module.port}", "--generation", "c", "render", url, "--mode", mode]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"scaling: render: {done.stdout[-500:]}")


def tree_memory(root):
    """KiB, private and written."""
    children = subprocess.run(["pgrep", "-P", str(root)], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    total = sum(tree_memory(int(child)) for child in children)
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{root}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                total += int(line.split()[1])
    return total


def certificate(folder):
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *files], check=True, stderr=subprocess.DEVNULL)
    return f"{folder}/cert.pem", f"{folder}/key.pem"


def by_call(module, scheme, ca, count):
    """Prompts by our own client, in 16 sessions; the module's processor time for each in µs."""
    before, began = seconds_of(module.pid), time.monotonic()
    command = [run.BIN / "genvm-modules", "call", "--repeat", count, "--concurrency", 16, "--ca", ca, f"{scheme}://127.0.0.1:{module.port}", "prompt", "What?"]
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                   preexec_fn=on(OTHER_CORES), timeout=120)
    return count / (time.monotonic() - began), (seconds_of(module.pid) - before) / count * 1e6


def handshakes(module, context, count):
    """Connections that end after the handshake; the module's processor time for each in µs. A context keeps no sessions: each is a whole one."""
    before, began = seconds_of(module.pid), time.monotonic()
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", module.port)) as plain:
            if context is None:
                plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                plain.recv(4096)
            else:
                with context.wrap_socket(plain, server_hostname="localhost") as secure:
                    secure.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    secure.recv(4096)
    return count / (time.monotonic() - began), (seconds_of(module.pid) - before) / count * 1e6


def tls(options, upstream):
    print("TLS on the session port (P-256), against plain in turn; by genvm-modules call, 16 sessions")
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        text = backends(upstream)
        with Module(text) as plain, Module(text + f"serve: {{tls: {{certificate: {cert}, key: {key}}}}}\n") as secure:
            context = ssl.create_default_context(cafile=cert)
            prompts, shakes = {"plain": [], "tls": []}, {"plain": [], "tls": []}
            for _ in range(3):
                prompts["plain"].append(by_call(plain, "ws", cert, 4000))
                prompts["tls"].append(by_call(secure, "wss", cert, 4000))
                shakes["plain"].append(handshakes(plain, None, 400))
                shakes["tls"].append(handshakes(secure, context, 400))
        for kind, word in (("plain", "plain"), ("tls", "TLS")):
            rate, cost = (statistics.median(part) for part in zip(*prompts[kind]))
            row(f"prompts, {word}", f"{rate:.0f}/s", f"{cost:.0f} µs of the module's processor time each")
        for kind, word in (("plain", "without a handshake"), ("tls", "with a whole handshake")):
            rate, cost = (statistics.median(part) for part in zip(*shakes[kind]))
            row(f"a connection and GET /health, {word}", f"{rate:.0f}/s", f"{cost:.0f} µs of the module's processor time each")


def main():
    parts = {"sessions": sessions, "web": web_requests, "pages": pages, "tls": tls}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=run.BIN)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--only", default=",".join(parts))
    parser.add_argument("--quick", action="store_true", help="shorter loads")
    options = parser.parse_args()
    if options.quick:
        options.seconds = 2
    run.BIN = options.bin.resolve()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16384, resource.getrlimit(resource.RLIMIT_NOFILE)[1]), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(f"{len(CORES)} processors, {platform.machine()}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}")
    mock = Program([run.BIN / "bench_mock_upstream"], r"ready (\d+)", preexec_fn=on(OTHER_CORES))
    try:
        for name in options.only.split(","):
            parts[name](options, int(mock.match[1]))
    finally:
        mock.stop()
    if MISSED:
        print("missed: " + "; ".join(MISSED))
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
