"""Messages to bytes and back, without input or output of its own: WebSocket (RFC 6455, as a client) and the length-prefixed framing."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections import deque
from typing import Deque, Optional, Tuple

from .errors import ConnectError, ConnectionLost, ProtocolError, SessionClosed

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_LARGEST_HEAD = 16 << 10  # of the answer to the upgrade
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_LARGEST_CONTROL = 125


class Framing:
    """One connection's state. ``messages`` holds whole messages that have arrived, ``output`` bytes to be sent (pongs, close)."""

    def __init__(self, max_message_bytes: int) -> None:
        self.messages: Deque[bytes] = deque()
        self.output = bytearray()
        self.ready = True  # messages may be sent
        self._max = max_message_bytes
        self._in = bytearray()

    def opening(self) -> bytes:
        """What is sent before anything else."""
        return b""

    def frame(self, message: bytes) -> bytes:
        raise NotImplementedError

    def feed(self, data: bytes) -> None:
        """Takes received bytes. ProtocolError, ConnectError or SessionClosed."""
        self._in += data
        while self._step():
            pass

    def eof(self) -> ConnectionLost:
        """The error for the end of the connection."""
        what = "in the middle of a message" if self._in else "before the answer"
        return ConnectionLost(f"the connection ended {what}", maybe_executed=True)

    def closing(self) -> bytes:
        """What is sent before this side closes the connection."""
        return b""

    def _step(self) -> bool:
        raise NotImplementedError

    def _too_large(self, length: int) -> None:
        if length > self._max:
            raise ProtocolError(f"the module announces a message of {length} bytes; the limit is {self._max} (max_reply_bytes)")


class LengthPrefixed(Framing):
    """Each message is a 4-byte big-endian length and the value."""

    def frame(self, message: bytes) -> bytes:
        return struct.pack(">I", len(message)) + message

    def _step(self) -> bool:
        if len(self._in) < 4:
            return False
        (length,) = struct.unpack_from(">I", self._in)
        self._too_large(length)
        if len(self._in) < 4 + length:
            return False
        self.messages.append(bytes(self._in[4 : 4 + length]))
        del self._in[: 4 + length]
        return True


class WebSocket(Framing):
    """The client's side of RFC 6455, without extensions."""

    def __init__(self, host: str, path: str, max_message_bytes: int, token: str = "") -> None:
        super().__init__(max_message_bytes)
        self._authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        self.ready = False
        self._host = host
        self._path = path
        self._key = base64.b64encode(os.urandom(16))
        self._parts = bytearray()  # of a message in fragments
        self._fragmented = False
        self._close_sent = False

    def opening(self) -> bytes:
        return (
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {self._key.decode()}\r\nSec-WebSocket-Version: 13\r\n{self._authorization}\r\n"
        ).encode("ascii")

    def frame(self, message: bytes) -> bytes:
        return self._frame(_BINARY, message)

    def closing(self) -> bytes:
        if self._close_sent or not self.ready:
            return b""
        self._close_sent = True
        return self._frame(_CLOSE, struct.pack(">H", 1000))

    def eof(self) -> ConnectionLost:
        if self._parts or self._fragmented:
            return ConnectionLost("the connection ended in the middle of a message", maybe_executed=True)
        return super().eof()

    def _step(self) -> bool:
        if not self.ready:
            return self._handshake()
        head = self._head()
        if head is None:
            return False
        opcode, final, begin, length = head
        if len(self._in) < begin + length:
            return False
        payload = bytes(self._in[begin : begin + length])
        del self._in[: begin + length]
        self._take(opcode, final, payload)
        return True

    def _handshake(self) -> bool:
        end = self._in.find(b"\r\n\r\n")
        if end < 0:
            if len(self._in) > _LARGEST_HEAD:
                raise ConnectError("the answer to the WebSocket upgrade is too long: is this a module's port?")
            return False
        lines = self._in[:end].decode("latin-1").split("\r\n")
        status = _status_of(lines[0])
        if status != 101:
            body = bytes(self._in[end + 4 : end + 204]).decode("utf-8", "replace").strip()
            raise ConnectError(f"the WebSocket upgrade was answered with status {status}: {body}", status)
        headers = dict((name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:]))
        accept = base64.b64encode(hashlib.sha1(self._key + _GUID).digest()).decode()
        if headers.get("sec-websocket-accept") != accept or headers.get("upgrade", "").lower() != "websocket":
            raise ProtocolError("the answer to the WebSocket upgrade does not belong to this request")
        if "sec-websocket-extensions" in headers or "sec-websocket-protocol" in headers:
            raise ProtocolError("the server chose a WebSocket extension or protocol that was not offered")
        del self._in[: end + 4]
        self.ready = True
        return True

    def _head(self) -> Optional[Tuple[int, bool, int, int]]:
        """(opcode, final, start of the payload, length), or None when more bytes are needed."""
        if len(self._in) < 2:
            return None
        first, second = self._in[0], self._in[1]
        opcode, final, length = first & 0x0F, bool(first & 0x80), second & 0x7F
        if first & 0x70 or second & 0x80 or opcode not in (_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG):
            raise ProtocolError("a WebSocket frame with reserved bits, a mask or an unknown opcode")
        if opcode & 0x8 and (not final or length > _LARGEST_CONTROL):
            raise ProtocolError("a WebSocket control frame is too long or in fragments")
        begin = {126: 4, 127: 10}.get(length, 2)
        if len(self._in) < begin:
            return None
        if begin > 2:
            length = int.from_bytes(self._in[2:begin], "big")
            if length < (126 if begin == 4 else 1 << 16):
                raise ProtocolError("a WebSocket length is not in its shortest form")
        self._too_large(length + len(self._parts))
        return opcode, final, begin, length

    def _take(self, opcode: int, final: bool, payload: bytes) -> None:
        if opcode == _PING:
            self.output += self._frame(_PONG, payload)
        elif opcode == _CLOSE:
            self._closed(payload)
        elif opcode == _TEXT:
            raise ProtocolError("a module sends binary messages, this is text")
        elif opcode != _PONG:
            self._take_data(opcode, final, payload)

    def _take_data(self, opcode: int, final: bool, payload: bytes) -> None:
        if (opcode == _CONTINUATION) != self._fragmented:
            raise ProtocolError("WebSocket fragments are out of order")
        self._parts += payload
        self._fragmented = not final
        if final:
            self.messages.append(bytes(self._parts))
            self._parts.clear()

    def _closed(self, payload: bytes) -> None:
        if len(payload) == 1:
            raise ProtocolError("a WebSocket close frame of one byte")
        self.output += self.closing()
        code = int.from_bytes(payload[:2], "big") if payload else 1005
        raise SessionClosed(code, payload[2:].decode("utf-8", "replace"), maybe_executed=True)

    def _frame(self, opcode: int, payload: bytes) -> bytes:
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | length)
        elif length < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, length)
        mask = os.urandom(4)
        return head + mask + _masked(payload, mask)


def _masked(payload: bytes, mask: bytes) -> bytes:
    # As one large integer: the fastest way without an extension module.
    length = len(payload)
    pattern = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
    return (int.from_bytes(payload, "big") ^ pattern).to_bytes(length, "big")


def _status_of(line: str) -> int:
    parts = line.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.1") or not (parts[1].isascii() and parts[1].isdigit()):
        raise ConnectError(f"the answer to the WebSocket upgrade is no HTTP: {line[:80]!r}")
    return int(parts[1])
