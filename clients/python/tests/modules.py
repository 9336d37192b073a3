"""Starts the project's real programs for the tests: the modules and the mock upstream. Loopback only."""

import functools
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_SECONDS = 60


def bin_dir():
    """Where the built programs are, or None: GVM_E2E_BIN, or what `make build` or `make test` made."""
    named = os.environ.get("GVM_E2E_BIN")
    places = [pathlib.Path(named)] if named else [ROOT / "build/release/bin", ROOT / "build/dev/bin"]
    return next((place for place in places if (place / "genvm-llm").exists()), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A child process whose standard output is read until a line matches."""

    def __init__(self, command, ready):
        self.lines = []
        self._found = threading.Event()
        self._ready = re.compile(ready)
        self.match = None
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._found.wait(START_SECONDS) or self.match is None:
            self.kill()
            raise RuntimeError(f"{command[0]} did not start: " + "".join(self.lines)[-2000:])

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line)
            if self.match is None:
                self.match = self._ready.search(line)
                if self.match is not None:
                    self._found.set()
        self._found.set()

    def kill(self):
        self._process.kill()
        self._end()

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._end()

    def pause(self):
        """Returns once it has stopped: until its threads were scheduled, it runs on."""
        self._process.send_signal(signal.SIGSTOP)
        stat = pathlib.Path(f"/proc/{self._process.pid}/stat")
        if not eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", START_SECONDS):
            raise RuntimeError("the module does not stop")

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def _end(self):
        self._process.wait(START_SECONDS)
        self._reader.join(START_SECONDS)
        self._process.stdout.close()


class Upstream(Program):
    """The mock upstream: prompts with "slow" in them take three seconds."""

    def __init__(self, folder):
        rules = pathlib.Path(folder) / "rules.json"
        rules.write_text(json.dumps({"rules": [{"when": {"prompt": "slow"}, "latency": 3000}]}))
        super().__init__([str(bin_dir() / "genvm-mock-upstream"), "--port", "0", "--rules", str(rules)], r"^ready (\d+)")
        self.url = f"http://127.0.0.1:{self.match.group(1)}"


class Module(Program):
    """`kind` is llm or web. `bind` may be a port or an address such as unix:///path."""

    def __init__(self, kind, folder, more, bind=0):
        self.folder = pathlib.Path(folder)
        address = bind if isinstance(bind, str) else f"127.0.0.1:{bind}"
        config = self.folder / f"{kind}-{os.urandom(4).hex()}.yaml"
        config.write_text(
            f"bind_address: {json.dumps(address)}\nthreads: 1\nlua_script_path: {ROOT}/config/genvm-{kind}-default.lua\n"
            f"data_dir: {self.folder}/data\n{more}"
        )
        super().__init__([str(bin_dir() / f"genvm-{kind}"), "--config", str(config)], r'"message":"ready".*?"address":"([^"]*)"')
        self.address = self.match.group(1)
        self.port = int(self.address.rsplit(":", 1)[1]) if "unix" not in self.address else None


def make_certificates(folder):
    """An authority, a certificate of localhost and one of a client: paths by name, made by the openssl program."""
    made = {}

    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    def place(name):
        return str(pathlib.Path(folder) / name)

    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=an authority",
        "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
    for name, host in (("server", "localhost"), ("client", "a-client")):
        (pathlib.Path(folder) / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr")  # fmt: skip
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip
        made[name], made[f"{name}_key"] = place(f"{name}.pem"), place(f"{name}.key")
    made["ca"] = place("ca.pem")
    return made


def llm_config(upstream):
    return (
        "backends:\n  mock:\n    host: " + upstream.url + "\n    provider: openai-compatible\n"
        "    models: {m: {supports_json: true, supports_image: true}}\n"
    )


WEB_CONFIG = 'always_allow_hosts: ["127.0.0.1"]\nbrowser: {engine: http}\n'


class Site:
    """A web site on loopback."""

    PAGE = b"<!doctype html><html><head><title>T</title></head><body><h1>Prices</h1><p>Gold</p></body></html>"

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer(404 if self.path == "/missing" else 200, "text/html; charset=utf-8", Site.PAGE)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.answer(201, "application/octet-stream", body[::-1] + self.headers.get("x-own", "").encode())

        def answer(self, status, content_type, body):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site.Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class FalseModule:
    """A server that answers every connection with given bytes after the handshake, for what a real module never does.

    `script(connection)` gets the socket once a request has come; `websocket` says whether to answer the upgrade.
    """

    def __init__(self, script, websocket=False):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._script = script
        self._websocket = websocket
        self.connections = 0
        scheme = "ws" if websocket else "tcp"
        self.address = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection:
            try:
                self._script(connection)
            except OSError:
                pass

    def stop(self):
        # accept() does not notice close(): shutdown() wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def eventually(check, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.01)
    return False


@functools.lru_cache(maxsize=None)
def temp_folder(name):
    return tempfile.TemporaryDirectory(prefix=f"gvm-{name}-")
