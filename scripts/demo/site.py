#!/usr/bin/env python3
"""The demo's web site on loopback: a static page, one that needs JavaScript, and an API that takes signed requests only.

Its verifier of RFC 9421 signatures is not ours: it is the package http-message-signatures of the Python registry.
Usage: site.py PUBLIC_KEY.pem; prints "ready PORT"."""
import http.server
import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms

STATIC = """<!doctype html><html lang=en><head><title>Market prices</title>
<style>body{font-family:sans-serif;margin:3em} td{padding:.3em 1em;border-bottom:1px solid #ccc}</style></head>
<body><h1>Market prices</h1><p>As of today, in US dollars.</p>
<table><tr><td>Gold, per ounce<td>2,650.30</tr><tr><td>Wheat, per bushel<td>5.41</tr></table>
<script>/* not for people */</script></body></html>"""

SCRIPTED = """<!doctype html><html lang=en><head><title>Score</title></head><body><h1>Final score</h1><p id=score>loading ...</p>
<script>fetch("/score.json").then(r => r.json()).then(s => {
  document.getElementById("score").textContent = s.home + " " + s.goals[0] + " : " + s.goals[1] + " " + s.away; });</script>
</body></html>"""

PAGES = {
    "/": ("text/html", STATIC),
    "/score": ("text/html", SCRIPTED),
    "/score.json": ("application/json", json.dumps({"home": "Lisbon", "away": "Porto", "goals": [2, 1]})),
}


class Message:
    """A request as the verifier reads it."""

    def __init__(self, handler):
        self.method = handler.command
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.url = f"http://{handler.headers['host']}{handler.path}"


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        content_type, text = PAGES.get(self.path, ("text/plain", ""))
        self.answer(200 if text else 404, content_type, text or "there is no such page\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            results = self.verify(Message(self), body)
        except Exception as error:  # whatever the verifier finds wrong is the answer
            return self.answer(401, "text/plain", f"refused: {error or type(error).__name__}\n")
        covered = ", ".join(component.strip('"') for component in results[0].covered_components)
        self.answer(200, "text/plain", f"accepted {len(body)} bytes; the signature covers {covered}\n")

    def verify(self, message, body):
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=self.server.keys)
        return verifier.verify(message, body=body, require_components=("@method", "@path", "content-digest"))

    def log_message(self, *arguments):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    key = load_pem_public_key(pathlib.Path(sys.argv[1]).read_bytes())
    server.keys = MappingKeyResolver(public_keys={"demo": key}, private_keys={})
    print(f"ready {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
