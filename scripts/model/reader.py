#!/usr/bin/env python3
"""Reads the text in pictures, behind an interface like that of OpenAI's models.

This is no language model: it answers a chat request with the lines of text that
it finds in the request's pictures, from top to bottom, whatever the request asks.
It runs offline and on the CPU (RapidOCR, whose models are in its package). It
listens on 127.0.0.1 and offers /v1/chat/completions, /v1/models and /health. It
runs until it is told to stop or until the process that started it ends.

    build/venv/bin/python scripts/model/reader.py --port 8081
"""

import argparse
import base64
import binascii
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from serve import die_with_parent

NAME = "rapidocr"
MOST_BYTES = 32 << 20  # of a request's body
MOST_PIXELS = 20_000_000
NOTHING = "(no text)"  # a model's answer is never empty
SURE_ENOUGH = 0.5  # of a line; less is a guess


class BadRequest(Exception):
    """What is wrong with a request; 400."""


def pictures_of(messages) -> list[bytes]:
    """The pictures of all messages: data URLs, as clients that upload them send."""
    found = []
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else []:
            if not isinstance(part, dict) or part.get("type") != "image_url":
                continue
            url = str((part.get("image_url") or {}).get("url", ""))
            head, comma, data = url.partition(",")
            if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
                raise BadRequest("image_url must be data:image/...;base64,...")
            try:
                found.append(base64.b64decode(data, validate=True))
            except binascii.Error as e:
                raise BadRequest(f"image_url: {e}") from e
    return found


class Reader:
    """The recogniser; one picture at a time."""

    def __init__(self, threads: int):
        import cv2
        import numpy
        from rapidocr_onnxruntime import RapidOCR

        cv2.setNumThreads(threads)
        self.decode = lambda data: cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
        self.engine = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1)
        self.lock = threading.Lock()

    def lines(self, data: bytes) -> list[str]:
        """Boxes side by side are one line, their parts separated by a space."""
        with self.lock:
            try:
                picture = self.decode(data)
            except Exception as e:  # OpenCV raises its own kinds, also for bombs
                raise BadRequest(f"a picture cannot be decoded: {e}") from e
            if picture is None:
                raise BadRequest("a picture cannot be decoded")
            if picture.shape[0] * picture.shape[1] > MOST_PIXELS:
                raise BadRequest(f"a picture has more than {MOST_PIXELS} pixels")
            boxes, _ = self.engine(picture)
        found = []
        for corners, text, score in boxes or []:
            if float(score) < SURE_ENOUGH:
                continue
            ys = [corner[1] for corner in corners]
            found.append((min(ys), max(ys), min(corner[0] for corner in corners), text))
        rows: list[list] = []
        for box in sorted(found, key=lambda b: (b[0] + b[1]) / 2):
            middle = (box[0] + box[1]) / 2
            if rows and rows[-1][0][0] < middle < rows[-1][0][1]:
                rows[-1].append(box)
            else:
                rows.append([box])
        return [" ".join(box[3] for box in sorted(row, key=lambda b: b[2])) for row in rows]


def completion(reader: Reader, request) -> dict:
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list):
        raise BadRequest("messages must be a list")
    lines = [line for picture in pictures_of(messages) for line in reader.lines(picture)]
    form = request.get("response_format")
    as_json = isinstance(form, dict) and form.get("type") in ("json_object", "json_schema")
    text = json.dumps({"lines": lines}, ensure_ascii=False) if as_json else "\n".join(lines) or NOTHING
    # There are no tokens here: what is counted is words, so that nothing is made up.
    asked = sum(len(str(m.get("content", "")).split()) for m in messages
                if isinstance(m, dict) and isinstance(m.get("content"), str))
    answered = len(text.split())
    return {
        "id": "reading", "object": "chat.completion", "created": 0, "model": NAME,
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": asked, "completion_tokens": answered,
                  "total_tokens": asked + answered},
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds without a byte
    reader: Reader

    def log_message(self, format, *args):  # the base class's name for it
        pass

    def answer(self, status: int, body: dict) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, sentence: str) -> None:
        self.close_connection = True
        self.answer(status, {"error": {"code": status, "message": sentence,
                                       "type": "invalid_request_error"}})

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/v1/models":
            self.answer(200, {"object": "list", "data": [{"id": NAME, "object": "model"}]})
        else:
            self.refuse(404, "there are /v1/chat/completions, /v1/models and /health")

    def do_POST(self):
        if self.path != "/v1/chat/completions":
            self.refuse(404, "there are /v1/chat/completions, /v1/models and /health")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.refuse(411, "a request has a Content-Length")
            return
        if int(length) > MOST_BYTES:
            self.refuse(413, f"a request has at most {MOST_BYTES} bytes")
            return
        body = self.rfile.read(int(length))
        try:
            self.answer(200, completion(self.reader, json.loads(body)))
        except (BadRequest, ValueError, RecursionError) as e:
            self.refuse(400, str(e))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--port", type=int, required=True, help="0 chooses a free one")
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = ap.parse_args()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with_parent(os.getppid())
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)  # read when OpenCV is loaded
    try:
        Handler.reader = Reader(args.threads)
    except ImportError as e:
        sys.exit(f"reader.py: {e}: run scripts/model/setup.sh --reader")
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    print(f"ready http://127.0.0.1:{server.server_port} model={NAME}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
