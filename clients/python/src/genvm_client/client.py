"""The client for threads: every call waits for its answer."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Any, Dict, Optional, Sequence, Mapping, TypeVar

from . import messages, status
from .errors import ConnectError, ConnectionLost, DeadlineExceeded, ProtocolError, SessionClosed, TransportError
from .hello import Hello
from .messages import Answer, Call, WebResponse
from .options import Address, Deadline, Options, connect_error

T = TypeVar("T")
_CHUNK = 256 << 10
_GOODBYE = 0.2  # seconds for what is left to be read after a failed send


class Client:
    """A session with a module. It connects when the first call needs it, and again after the connection was lost.

    Calls of several threads run one after another, as the module would answer them. Every call takes ``timeout`` in
    seconds, which covers connecting, sending and waiting. When a call fails in any way but by the module's own
    UserError, FatalError or BudgetExhausted, the connection is closed: what arrives late cannot become the answer to
    another call.
    """

    def __init__(self, address: str, hello: Hello, options: Options = Options()) -> None:
        """ValueError for an address that is none, OSError for a file of the options that cannot be used."""
        self._address = Address.parse(address)
        self._text = address
        self._hello = hello
        self._options = options.ready_for(self._address)
        self._lock = threading.Lock()
        self._connection: Optional[_Connection] = None
        self._closed = False

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session. Further calls are ValueError. A call of another thread ends first."""
        self._closed = True
        with self._lock:
            self._drop()

    # Requests to the LLM module.

    def prompt(
        self, text: str, images: Sequence[bytes] = (), *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[str]:
        return self._call(messages.prompt(self._hello.generation, text, images, fuel), timeout)

    def prompt_json(
        self, text: str, images: Sequence[bytes] = (), *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[Dict[str, Any]]:
        return self._call(messages.prompt_json(self._hello.generation, text, images, fuel), timeout)

    def eq_comparative(
        self, leader_answer: str, validator_answer: str, principle: str, *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[bool]:
        return self._call(messages.eq_comparative(self._hello.generation, leader_answer, validator_answer, principle, fuel), timeout)

    def eq_non_comparative_leader(
        self, task: str, criteria: str, input: str, *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[str]:
        return self._call(messages.eq_non_comparative_leader(self._hello.generation, task, criteria, input, fuel), timeout)

    def eq_non_comparative_validator(
        self, task: str, criteria: str, input: str, output: str, *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[bool]:
        return self._call(messages.eq_non_comparative_validator(self._hello.generation, task, criteria, input, output, fuel), timeout)

    # Requests to the web module.

    def request(
        self,
        method: str,
        url: str,
        headers: Optional[Mapping[str, bytes]] = None,
        body: Optional[bytes] = None,
        sign: bool = False,
        *,
        size_limit: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> WebResponse:
        return self._call(messages.request(self._hello.generation, method, url, headers, body, sign, size_limit), timeout)

    def render_text(
        self,
        url: str,
        *,
        html: bool = False,
        wait_after_loaded: Optional[str] = None,
        size_limit: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> str:
        return self._call(messages.render_text(self._hello.generation, url, html, wait_after_loaded, size_limit), timeout)

    def screenshot(
        self, url: str, *, wait_after_loaded: Optional[str] = None, size_limit: Optional[int] = None, timeout: Optional[float] = None
    ) -> bytes:
        return self._call(messages.screenshot(self._hello.generation, url, wait_after_loaded, size_limit), timeout)

    # Both.

    def stats(self, *, timeout: Optional[float] = None) -> Any:
        """The module's counters of this session."""
        return self._call(messages.stats(), timeout)

    def health(self, timeout: float = 10.0) -> status.Health:
        return status.health(self._text, timeout, self._options)

    def metrics(self, timeout: float = 10.0) -> Sequence[status.Sample]:
        return status.metrics(self._text, timeout, self._options)

    def _call(self, call: Call[T], timeout: Optional[float]) -> T:
        deadline = Deadline(self._options.timeout if timeout is None else timeout)
        if not self._lock.acquire(timeout=max(0.0, min(deadline.left(), threading.TIMEOUT_MAX))):
            raise DeadlineExceeded("another call of this client took all the time", maybe_executed=False)
        losses = 0
        try:
            while True:
                try:
                    return call.read(self._exchange(call.message, deadline))
                except ProtocolError:
                    self._drop()
                    raise
                except ConnectionLost as lost:
                    losses += 1
                    if not self._options.may_ask_again(lost, losses):
                        raise
                    time.sleep(min(self._options.backoff.pause(losses), max(0.0, deadline.left())))
        finally:
            self._lock.release()

    def _exchange(self, message: bytes, deadline: Deadline) -> bytes:
        connection = self._ready(deadline)
        try:
            connection.send(message, deadline)
            return connection.receive(deadline)
        except BaseException:  # also KeyboardInterrupt: the reply may still come
            self._drop()
            raise

    def _ready(self, deadline: Deadline) -> "_Connection":
        if self._closed:
            raise ValueError("this client is closed")
        if self._connection is not None and not self._connection.usable():
            self._drop()
        if self._connection is None:
            self._connection = self._connect(deadline)
        return self._connection

    def _connect(self, deadline: Deadline) -> "_Connection":
        failures = 0
        while True:
            try:
                return _Connection(self._address, self._hello, self._options, deadline)
            except DeadlineExceeded:
                raise
            except TransportError as error:
                failures += 1
                permanent = isinstance(error, ConnectError) and error.permanent or isinstance(error, ProtocolError)
                if permanent or failures >= self._options.backoff.attempts:
                    raise
                pause = self._options.backoff.pause(failures)
                if pause >= deadline.left():
                    raise DeadlineExceeded(f"no connection within the time allowed: {error}", maybe_executed=False) from error
                time.sleep(pause)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Connection:
    """One connection whose hello has been sent."""

    def __init__(self, address: Address, hello: Hello, options: Options, deadline: Deadline) -> None:
        self._framing = address.framing(options.max_reply_bytes, options.token)
        self._over = False  # the module said goodbye
        self._socket = _open(address, options, deadline)
        try:
            self._send(self._framing.opening(), deadline)
            while not self._framing.ready:
                self._read(deadline)
            self._send(self._framing.frame(hello.encoded("" if address.websocket else options.token)), deadline)
        except BaseException as error:
            self.close()
            if isinstance(error, (ConnectionLost, OSError)):  # no request was sent yet
                raise ConnectError(f"{address.authority}: {error}") from error
            if isinstance(error, DeadlineExceeded):
                raise DeadlineExceeded(str(error), maybe_executed=False) from None
            raise

    def usable(self) -> bool:
        """Whether the connection still stands, with nothing in it that no request asked for. Does not wait."""
        if self._over:
            return False
        try:
            self._socket.settimeout(0)
            while True:
                data = self._socket.recv(_CHUNK)
                if not data:
                    return False
                self._framing.feed(data)
                self._flush(Deadline(_GOODBYE))
                self._socket.settimeout(0)
        except (BlockingIOError, ssl.SSLWantReadError):
            return not self._framing.messages
        except (OSError, TransportError):
            return False

    def send(self, message: bytes, deadline: Deadline) -> None:
        try:
            self._send(self._framing.frame(message), deadline)
        except OSError as error:
            # The module may have said why it closed the connection.
            self._last_words()
            raise ConnectionLost(f"sending: {error}", maybe_executed=True) from error

    def receive(self, deadline: Deadline) -> bytes:
        while not self._framing.messages:
            try:
                self._read(deadline)
            except SessionClosed:
                # A module that stops sends the reply and its goodbye in one go.
                if not self._framing.messages:
                    raise
                self._over = True
        message = self._framing.messages.popleft()
        if self._framing.messages:
            raise ProtocolError("the module sent two replies to one request")
        return message

    def close(self) -> None:
        try:
            self._socket.settimeout(_GOODBYE)
            self._socket.sendall(self._framing.closing())
        except OSError:
            pass
        self._socket.close()

    def _last_words(self) -> None:
        deadline = Deadline(_GOODBYE)
        try:
            while True:
                self._read(deadline)
        except SessionClosed:
            raise
        except (OSError, TransportError):
            pass

    def _send(self, data: bytes, deadline: Deadline) -> None:
        self._arm(deadline)
        try:
            self._socket.sendall(data)
        except socket.timeout:
            raise _too_late() from None

    def _flush(self, deadline: Deadline) -> None:
        output = bytes(self._framing.output)
        self._framing.output.clear()
        if output:
            self._send(output, deadline)

    def _read(self, deadline: Deadline) -> None:
        self._arm(deadline)
        try:
            data = self._socket.recv(_CHUNK)
        except socket.timeout:
            raise _too_late() from None
        except OSError as error:
            raise ConnectionLost(f"receiving: {error}", maybe_executed=True) from error
        if not data:
            raise self._framing.eof()
        self._framing.feed(data)
        try:
            self._flush(deadline)
        except OSError as error:
            raise ConnectionLost(f"sending: {error}", maybe_executed=True) from error

    def _arm(self, deadline: Deadline) -> None:
        left = deadline.left()
        if left <= 0:
            raise _too_late()
        self._socket.settimeout(left)


def _too_late() -> DeadlineExceeded:
    return DeadlineExceeded("the module did not answer within the time allowed", maybe_executed=True)


def _secured(connected: socket.socket, address: Address, options: Options) -> socket.socket:
    try:
        return options.tls_context().wrap_socket(connected, server_hostname=address.host)
    except BaseException:
        connected.close()
        raise


def _open(address: Address, options: Options, deadline: Deadline) -> socket.socket:
    left = deadline.left()
    if left <= 0:
        raise DeadlineExceeded("no time is left to connect", maybe_executed=False)
    try:
        if address.scheme == "unix":
            connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connected.settimeout(left)
                connected.connect(address.path)
            except BaseException:
                connected.close()
                raise
            return connected
        connected = socket.create_connection((address.host, address.port), timeout=left)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.tls:
            return _secured(connected, address, options)
        return connected
    except socket.timeout:
        raise DeadlineExceeded(f"{address.authority}: no connection within the time allowed", maybe_executed=False) from None
    except OSError as error:
        raise connect_error(address, error) from error
