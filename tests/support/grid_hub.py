#!/usr/bin/env python3
"""A stand-in for a Selenium Grid: POST /session waits for a free slot and is passed on to that slot's own chromedriver; commands go where
their session is; DELETE frees the slot. A session that nobody has used for a while is ended by the hub, as a grid does when its owner is gone.

  grid_hub.py --slots 2 [--session-timeout 300] [--queue-timeout 30] [--chrome-argument=--no-sandbox]...

Prints "ready PORT". GET /status is W3C WebDriver's with a grid's `nodes`; GET /hub tells sessions created, deleted, timed out, open, the most
that were open at once, and the longest queue. Ends with its standard input."""
import argparse
import dataclasses
import http.client
import http.server
import json
import re
import subprocess
import sys
import threading
import time

SESSION = re.compile(r"/session/([^/]+)")
# A driver answers a command when it is done: a page may take as long as its limits say.
COMMAND_SECONDS = 120


class Driver:
    """One chromedriver. It ends together with this process."""

    def __init__(self, command):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", command, "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise SystemExit(f"grid_hub: {command} did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def send(self, method, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=COMMAND_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@dataclasses.dataclass
class Session:
    driver: Driver
    used: float
    running: int = 0  # commands


class Hub:
    def __init__(self, options):
        self.options = options
        self.free = [Driver(options.chromedriver) for _ in range(options.slots)]
        self.changed = threading.Condition()
        self.sessions = {}
        self.queue = []
        self.counts = dict.fromkeys(("created", "deleted", "timed_out", "refused", "most_open", "longest_queue"), 0)

    def facts(self):
        with self.changed:
            return self.counts | {"open": len(self.sessions), "free": len(self.free), "waiting": len(self.queue)}

    def status(self):
        with self.changed:
            ready = bool(self.free)
        return 200, value({"ready": ready, "message": "Selenium Grid ready." if ready else "Selenium Grid not ready.", "nodes": []})

    def take_slot(self):
        """First come, first served. None: the queue's time was over."""
        mine = object()
        with self.changed:
            if self.queue or not self.free:
                self.counts["longest_queue"] = max(self.counts["longest_queue"], len(self.queue) + 1)
            self.queue.append(mine)
            granted = self.changed.wait_for(lambda: self.free and self.queue[0] is mine, self.options.queue_timeout)
            self.queue.remove(mine)
            self.changed.notify_all()
            return self.free.pop() if granted else None

    def give_back(self, driver):
        with self.changed:
            self.free.append(driver)
            self.changed.notify_all()

    def new_session(self, body):
        driver = self.take_slot()
        if driver is None:
            self.counts["refused"] += 1
            return 500, error("session not created", "Could not start a new session. New session request timed out")
        created = None
        try:
            status, answer = driver.send("POST", "/session", with_arguments(body, self.options.chrome_argument))
            created = json.loads(answer)["value"].get("sessionId") if status == 200 else None
        except (OSError, ValueError) as failure:
            status, answer = 500, error("session not created", str(failure))
        with self.changed:
            if created is None:
                self.free.append(driver)
            else:
                self.sessions[created] = Session(driver, time.monotonic())
                self.counts["created"] += 1
                self.counts["most_open"] = max(self.counts["most_open"], len(self.sessions))
            self.changed.notify_all()
        return status, answer

    def end(self, name, counter):
        """The slot is free when its browser has ended."""
        with self.changed:
            session = self.sessions.pop(name, None)
        if session is None:
            return 404, error("invalid session id", f"no session {name}")
        try:
            answer = session.driver.send("DELETE", f"/session/{name}", None)
        except OSError as failure:
            answer = 500, error("unknown error", str(failure))
        self.counts[counter] += 1
        self.give_back(session.driver)
        return answer

    def command(self, method, path, name, body):
        with self.changed:
            session = self.sessions.get(name)
            if session is None:
                return 404, error("invalid session id", f"no session {name}")
            session.running += 1
        try:
            return session.driver.send(method, path, body)
        except OSError as failure:
            return 500, error("unknown error", str(failure))
        finally:
            with self.changed:
                session.running -= 1
                session.used = time.monotonic()

    def end_idle_sessions(self):
        while True:
            time.sleep(min(0.2, self.options.session_timeout / 5))
            latest = time.monotonic() - self.options.session_timeout
            with self.changed:
                idle = [name for name, session in self.sessions.items() if session.running == 0 and session.used < latest]
            for name in idle:
                self.end(name, "timed_out")


def value(content):
    return json.dumps({"value": content}).encode()


def error(code, message):
    return value({"error": code, "message": message, "stacktrace": ""})


def with_arguments(body, arguments):
    """As a grid's node starts browsers: what its machine needs is added to the arguments of Chrome."""
    request = json.loads(body)
    match = request.setdefault("capabilities", {}).setdefault("alwaysMatch", {})
    match.setdefault("goog:chromeOptions", {}).setdefault("args", []).extend(arguments)
    return json.dumps(request)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the head and the body of an answer are two writes
    hub = None

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode() if length else None
        status, content = self.route(self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def route(self, path, body):
        if path == "/status":
            return self.hub.status()
        if path == "/hub":
            return 200, json.dumps(self.hub.facts()).encode()
        if path == "/session" and self.command == "POST":
            return self.hub.new_session(body or "{}")
        found = SESSION.match(path)
        if found is None:
            return 404, error("unknown command", path)
        if self.command == "DELETE" and path == found[0]:
            return self.hub.end(found[1], "deleted")
        return self.hub.command(self.command, path, found[1], body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass  # a client that went before its answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--session-timeout", type=float, default=300)
    parser.add_argument("--queue-timeout", type=float, default=30)
    parser.add_argument("--chromedriver", default="chromedriver")
    parser.add_argument("--chrome-argument", action="append", default=[])
    Handler.hub = Hub(parser.parse_args())
    threading.Thread(target=Handler.hub.end_idle_sessions, daemon=True).start()
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready {server.server_port}", flush=True)
    sys.stdin.read()
    for name in list(Handler.hub.sessions):
        Handler.hub.end(name, "deleted")


if __name__ == "__main__":
    main()
