"""The client for asyncio. Several calls may be under way at once; the module answers them in the order of the calls."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import Any, Deque, Dict, Mapping, Optional, Sequence, TypeVar

from . import messages, status
from .errors import ConnectError, ConnectionLost, DeadlineExceeded, ProtocolError, SessionClosed, TransportError
from .hello import Hello
from .messages import Answer, Call, WebResponse
from .options import Address, Deadline, Options, connect_error

T = TypeVar("T")
_CHUNK = 256 << 10


class AsyncClient:
    """A session with a module. It connects when the first call needs it, and again after the connection was lost.

    A call that is cancelled, or whose deadline passes, gives up its place in the order: its reply is thrown away when
    it comes. When no other call waits, the session is closed in its place, so that the module stops the work.
    """

    def __init__(self, address: str, hello: Hello, options: Options = Options()) -> None:
        self._address = Address.parse(address)
        self._text = address
        self._hello = hello
        self._options = options.ready_for(self._address)
        self._connecting: Optional[asyncio.Lock] = None  # made inside the loop: Python 3.9 binds it to one
        self._connection: Optional[_Connection] = None
        self._closed = False

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the session. Calls that wait get ConnectionLost; further ones are ValueError."""
        self._closed = True
        if self._connection is not None:
            await self._connection.close(ConnectionLost("this client was closed", maybe_executed=True))
            self._connection = None

    # Requests to the LLM module.

    async def prompt(
        self, text: str, images: Sequence[bytes] = (), *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[str]:
        return await self._call(messages.prompt(self._hello.generation, text, images, fuel), timeout)

    async def prompt_json(
        self, text: str, images: Sequence[bytes] = (), *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[Dict[str, Any]]:
        return await self._call(messages.prompt_json(self._hello.generation, text, images, fuel), timeout)

    async def eq_comparative(
        self, leader_answer: str, validator_answer: str, principle: str, *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[bool]:
        return await self._call(
            messages.eq_comparative(self._hello.generation, leader_answer, validator_answer, principle, fuel), timeout
        )

    async def eq_non_comparative_leader(
        self, task: str, criteria: str, input: str, *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[str]:
        return await self._call(messages.eq_non_comparative_leader(self._hello.generation, task, criteria, input, fuel), timeout)

    async def eq_non_comparative_validator(
        self, task: str, criteria: str, input: str, output: str, *, fuel: int = messages.DEFAULT_FUEL, timeout: Optional[float] = None
    ) -> Answer[bool]:
        return await self._call(
            messages.eq_non_comparative_validator(self._hello.generation, task, criteria, input, output, fuel), timeout
        )

    # Requests to the web module.

    async def request(
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
        return await self._call(messages.request(self._hello.generation, method, url, headers, body, sign, size_limit), timeout)

    async def render_text(
        self,
        url: str,
        *,
        html: bool = False,
        wait_after_loaded: Optional[str] = None,
        size_limit: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> str:
        return await self._call(messages.render_text(self._hello.generation, url, html, wait_after_loaded, size_limit), timeout)

    async def screenshot(
        self, url: str, *, wait_after_loaded: Optional[str] = None, size_limit: Optional[int] = None, timeout: Optional[float] = None
    ) -> bytes:
        return await self._call(messages.screenshot(self._hello.generation, url, wait_after_loaded, size_limit), timeout)

    # Both.

    async def stats(self, *, timeout: Optional[float] = None) -> Any:
        """The module's counters of this session."""
        return await self._call(messages.stats(), timeout)

    async def health(self, timeout: float = 10.0) -> status.Health:
        return await asyncio.get_running_loop().run_in_executor(None, status.health, self._text, timeout)

    async def metrics(self, timeout: float = 10.0) -> Sequence[status.Sample]:
        return await asyncio.get_running_loop().run_in_executor(None, status.metrics, self._text, timeout)

    async def _call(self, call: Call[T], timeout: Optional[float]) -> T:
        deadline = Deadline(self._options.timeout if timeout is None else timeout)
        losses = 0
        while True:
            connection = await self._ready(deadline)
            try:
                reply = await connection.ask(call.message, deadline)
            except ConnectionLost as lost:
                losses += 1
                if not self._options.may_ask_again(lost, losses):
                    raise
                await asyncio.sleep(min(self._options.backoff.pause(losses), max(0.0, deadline.left())))
                continue
            try:
                return call.read(reply)
            except ProtocolError as error:
                await connection.close(error)
                raise

    async def _ready(self, deadline: Deadline) -> "_Connection":
        if self._connecting is None:
            self._connecting = asyncio.Lock()
        try:
            await asyncio.wait_for(self._connecting.acquire(), max(0.0, deadline.left()))
        except asyncio.TimeoutError:
            raise DeadlineExceeded("no connection within the time allowed", maybe_executed=False) from None
        try:
            if self._closed:
                raise ValueError("this client is closed")
            if self._connection is None or not self._connection.usable():
                self._connection = await self._connect(deadline)
            return self._connection
        finally:
            self._connecting.release()

    async def _connect(self, deadline: Deadline) -> "_Connection":
        failures = 0
        while True:
            try:
                return await _Connection.open(self._address, self._hello, self._options, deadline)
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
                await asyncio.sleep(pause)


class _Connection:
    """One connection whose hello has been sent, with the calls that wait for their replies in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address, options: Options) -> None:
        self._reader = reader
        self._writer = writer
        self._framing = address.framing(options.max_reply_bytes, options.token)
        self._token = "" if address.websocket else options.token
        self._waiting: Deque["asyncio.Future[bytes]"] = deque()  # given up ones are done already
        self._over: Optional[TransportError] = None
        self._task: Optional["asyncio.Task[None]"] = None

    @staticmethod
    async def open(address: Address, hello: Hello, options: Options, deadline: Deadline) -> "_Connection":
        try:
            return await asyncio.wait_for(_Connection._open(address, hello, options), max(0.0, deadline.left()))
        except asyncio.TimeoutError:
            raise DeadlineExceeded(f"{address.authority}: no connection within the time allowed", maybe_executed=False) from None
        except (ConnectionLost, OSError) as error:
            raise connect_error(address, error) from error

    @staticmethod
    async def _open(address: Address, hello: Hello, options: Options) -> "_Connection":
        reader, writer = await _streams(address, options)
        connection = _Connection(reader, writer, address, options)
        try:
            await connection._begin(hello)
        except BaseException:
            writer.close()
            raise
        return connection

    async def _begin(self, hello: Hello) -> None:
        self._writer.write(self._framing.opening())
        while not self._framing.ready:
            await self._read()
        self._writer.write(self._framing.frame(hello.encoded(self._token)))
        await self._writer.drain()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def usable(self) -> bool:
        return self._over is None

    async def ask(self, message: bytes, deadline: Deadline) -> bytes:
        if self._over is not None:
            raise _copy(self._over, maybe_executed=False)
        reply: "asyncio.Future[bytes]" = asyncio.get_running_loop().create_future()
        # No await between these two, so that the order of the futures is that of the messages.
        self._waiting.append(reply)
        self._writer.write(self._framing.frame(message))
        try:
            return await asyncio.wait_for(reply, max(0.0, deadline.left()))
        except asyncio.TimeoutError:
            raise DeadlineExceeded("the module did not answer within the time allowed", maybe_executed=True) from None
        finally:
            self._end_if_nobody_waits()

    async def close(self, why: TransportError) -> None:
        self._end(why)
        if self._task is not None and self._task is not asyncio.current_task():
            await asyncio.wait([self._task])
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 1.0)
        except (OSError, asyncio.TimeoutError):
            pass

    def _end_if_nobody_waits(self) -> None:
        if self._waiting and all(reply.done() for reply in self._waiting):
            self._end(ConnectionLost("the calls of this session were given up", maybe_executed=True))

    def _end(self, why: TransportError) -> None:
        """Every call that waits gets the error; the transport is closed."""
        if self._over is not None:
            return
        self._over = why
        waiting, self._waiting = self._waiting, deque()
        for reply in waiting:
            if not reply.done():
                reply.set_exception(_copy(why))
        if not self._writer.is_closing():
            self._writer.write(self._framing.closing())
            self._writer.close()
        if self._task is not None and not self._task.done():
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while True:
                self._deliver()
                await self._read()
        except asyncio.CancelledError:
            pass
        except TransportError as error:
            self._deliver_whole()
            self._end(error)
        except OSError as error:
            self._end(ConnectionLost(str(error), maybe_executed=True))

    def _deliver(self) -> None:
        while self._framing.messages:
            message = self._framing.messages.popleft()
            if not self._waiting:
                raise messages.unasked(message)
            reply = self._waiting.popleft()
            if not reply.done():
                reply.set_result(message)

    def _deliver_whole(self) -> None:
        """Replies that arrived whole before what ended the connection: a module that stops sends both in one go."""
        while self._waiting and self._framing.messages:
            reply = self._waiting.popleft()
            message = self._framing.messages.popleft()
            if not reply.done():
                reply.set_result(message)

    async def _read(self) -> None:
        data = await self._reader.read(_CHUNK)
        if not data:
            raise self._framing.eof()
        self._framing.feed(data)
        if self._framing.output:
            self._writer.write(bytes(self._framing.output))
            self._framing.output.clear()


def _copy(error: TransportError, maybe_executed: bool = True) -> TransportError:
    """An exception of its own for each call: a shared one would collect the tracebacks of all."""
    if isinstance(error, SessionClosed):
        return SessionClosed(error.close_code, error.reason, maybe_executed)
    if isinstance(error, ProtocolError):
        return ProtocolError(str(error))
    return ConnectionLost(str(error), maybe_executed)


async def _streams(address: Address, options: Options) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter]":
    if address.scheme == "unix":
        return await asyncio.open_unix_connection(address.path)
    context = options.tls_context() if address.tls else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    connected = writer.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return reader, writer
