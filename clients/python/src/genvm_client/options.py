"""Where a module is, and how a client behaves."""

from __future__ import annotations

import random
import ssl
import time
from dataclasses import dataclass, field, replace
from typing import Optional
from urllib.parse import urlsplit

from .errors import ConnectError, ConnectionLost, SessionClosed
from .framing import Framing, LengthPrefixed, WebSocket

_DEFAULT_PORTS = {"ws": 80, "wss": 443}
_TLS = ("wss", "tls")


@dataclass(frozen=True)
class Address:
    """``ws://HOST:PORT/`` and ``wss://`` are WebSocket; ``tcp://HOST:PORT``, ``tls://`` and ``unix:///PATH`` the length-prefixed framing.

    ``wss://`` and ``tls://`` are under TLS.
    """

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
        if parts.scheme not in ("ws", "wss", "tcp", "tls") or not parts.hostname or parts.username is not None:
            raise ValueError(f"{text!r}: expected ws://HOST:PORT, wss://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH")
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

    @property
    def websocket(self) -> bool:
        return self.scheme in ("ws", "wss")

    @property
    def tls(self) -> bool:
        return self.scheme in _TLS

    def framing(self, max_message_bytes: int, token: str = "") -> Framing:
        """``token`` is sent by the upgrade where there is one; otherwise the hello must hold it."""
        if self.websocket:
            return WebSocket(self.authority, self.path, max_message_bytes, token)
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
    # One of the module's serve.peers.tokens. Shown by every session, never in the text of this object.
    token: str = field(default="", repr=False)
    # For wss:// and tls://. PEM files: whom to trust in place of the system's authorities, and what to show of oneself.
    ca_file: Optional[str] = None
    certificate_file: Optional[str] = None
    key_file: Optional[str] = None
    ssl_context: Optional[ssl.SSLContext] = None  # instead of the three files

    def __post_init__(self) -> None:
        if self.token and not all("!" <= c <= "~" for c in self.token):
            raise ValueError("the token holds a character that is not visible ASCII")
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs certificate_file")

    def tls_context(self) -> ssl.SSLContext:
        """The given one, or one of the files. OSError or ssl.SSLError for a file that cannot be used."""
        if self.ssl_context is not None:
            return self.ssl_context
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def ready_for(self, address: Address) -> "Options":
        """With the files read, where the address needs them."""
        return replace(self, ssl_context=self.tls_context()) if address.tls else self

    def may_ask_again(self, lost: ConnectionLost, losses: int) -> bool:
        """Whether a call whose connection was lost for so many times is sent on a new one."""
        if isinstance(lost, SessionClosed) and lost.permanent:
            return False
        return losses < self.backoff.attempts and (self.resend_lost or not lost.maybe_executed)


def connect_error(address: Address, error: Exception) -> ConnectError:
    """What kept a connection from being made."""
    where = address.path if address.scheme == "unix" else address.authority
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectError(f"{where}: the certificate is not trusted: {error.verify_message} (Options.ca_file)", untrusted=True)
    return ConnectError(f"{where}: {error}; is the module running?")


class Deadline:
    """A moment of the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()

    def passed(self) -> bool:
        return self.left() <= 0
