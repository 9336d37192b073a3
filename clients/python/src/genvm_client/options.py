"""Where a module is, and how a client behaves."""

from __future__ import annotations

import random
import ssl
import time
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import urlsplit

from .errors import ConnectionLost, SessionClosed
from .framing import Framing, LengthPrefixed, WebSocket

_DEFAULT_PORTS = {"ws": 80, "wss": 443}


@dataclass(frozen=True)
class Address:
    """``ws://HOST:PORT/`` and ``wss://`` are WebSocket; ``tcp://HOST:PORT`` and ``unix:///PATH`` the length-prefixed framing."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = "/"

    @staticmethod
    def parse(text: str) -> "Address":
        parts = urlsplit(text)
        if parts.scheme == "unix":
            if parts.netloc or not parts.path:
                raise ValueError(f"{text!r}: a Unix socket is written unix:///path")
            return Address("unix", path=parts.path)
        if parts.scheme not in ("ws", "wss", "tcp") or not parts.hostname or parts.username is not None:
            raise ValueError(f"{text!r}: expected ws://HOST:PORT, wss://HOST:PORT, tcp://HOST:PORT or unix:///PATH")
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        if port is None:
            raise ValueError(f"{text!r}: the port is missing")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or any(c <= " " for c in path):
            raise ValueError(f"{text!r}: the path holds a character that must be escaped")
        return Address(parts.scheme, parts.hostname, port, path)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.host else "localhost"

    def framing(self, max_message_bytes: int) -> Framing:
        if self.scheme in ("ws", "wss"):
            return WebSocket(self.authority, self.path, max_message_bytes)
        return LengthPrefixed(max_message_bytes)


@dataclass(frozen=True)
class Backoff:
    """The pauses between attempts to connect: doubling, each cut by a random part so that clients do not come back together."""

    initial: float = 0.05  # seconds
    maximum: float = 5.0  # seconds
    attempts: int = 8  # to connect, the first included

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, at least 1."""
        return random.uniform(0.5, 1.0) * min(self.maximum, self.initial * 2.0 ** min(failures - 1, 60))


@dataclass(frozen=True)
class Options:
    timeout: float = 600.0  # seconds for one call with everything it needs; serve.request_timeout of a module is 10 minutes
    backoff: Backoff = field(default_factory=Backoff)
    max_reply_bytes: int = 64 << 20
    # Ask again when the connection was lost after the request was sent. A prompt may then be paid for twice.
    resend_lost: bool = False
    ssl_context: Optional[ssl.SSLContext] = None  # for wss://; default: ssl.create_default_context()

    def may_ask_again(self, lost: ConnectionLost, losses: int) -> bool:
        """Whether a call whose connection was lost for so many times is sent on a new one."""
        if isinstance(lost, SessionClosed) and lost.permanent:
            return False
        return losses < self.backoff.attempts and (self.resend_lost or not lost.maybe_executed)


class Deadline:
    """A moment of the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()

    def passed(self) -> bool:
        return self.left() <= 0
