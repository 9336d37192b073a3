"""The errors of the client. All are :class:`GenvmError`.

- The module answered: :class:`UserError`, :class:`FatalError`, :class:`BudgetExhausted`.
- No answer: :class:`ConnectError` (nothing was sent), :class:`ConnectionLost`, :class:`SessionClosed`,
  :class:`DeadlineExceeded`. ``maybe_executed`` says whether the module may have received the request.
- What arrived is not what a module sends: :class:`ProtocolError`, :class:`CalldataError`.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple


class GenvmError(Exception):
    """Whatever this client raises on purpose. Wrong arguments are TypeError and ValueError."""


class ModuleError(GenvmError):
    """The module answered with an error. ``code`` is the first of ``causes``, the stable code that hosts match on."""

    def __init__(self, causes: Tuple[str, ...], ctx: Dict[str, Any], text: str) -> None:
        super().__init__(text)
        self.causes = causes
        self.ctx = ctx

    @property
    def code(self) -> str:
        return self.causes[0] if self.causes else ""

    @property
    def detail(self) -> str:
        """The sentence for a person; empty when the module sent none."""
        detail = self.ctx.get("detail")
        return detail if isinstance(detail, str) else ""


class UserError(ModuleError):
    """An error that a contract may catch: a forbidden URL, a page that does not load, an image that is none."""

    def __init__(self, causes: Tuple[str, ...], ctx: Dict[str, Any]) -> None:
        super().__init__(causes, ctx, "")
        self.args = (f"{self.code}: {self.detail}" if self.detail else self.code,)


class FatalError(ModuleError):
    """An error that a contract may not catch. ``text`` is as the module sent it.

    ``causes`` and ``ctx`` are read from the text; they are empty when it is in neither of the two known forms
    (``readable`` is False then).
    """

    def __init__(self, text: str, causes: Tuple[str, ...], ctx: Dict[str, Any], readable: bool) -> None:
        super().__init__(causes, ctx, text)
        self.text = text
        self.readable = readable


class BudgetExhausted(ModuleError):
    """The module's script ended the prompt for lack of budget: an ``Ok`` answer without data and 2^256 - 1 gen consumed."""

    def __init__(self, consumed_gen: int) -> None:
        super().__init__(("INSUFFICIENT_EXECUTION_BUDGET",), {}, "INSUFFICIENT_EXECUTION_BUDGET: the budget of this execution is used up")
        self.consumed_gen = consumed_gen


class TransportError(GenvmError):
    """There is no answer. ``maybe_executed``: the module may have received the request, so asking again may cost twice."""

    def __init__(self, text: str, maybe_executed: bool) -> None:
        super().__init__(text)
        self.maybe_executed = maybe_executed


class ConnectError(TransportError):
    """No session could be opened. ``status`` is that of an HTTP answer that refused the WebSocket, if there was one."""

    def __init__(self, text: str, status: Optional[int] = None, untrusted: bool = False) -> None:
        super().__init__(text, maybe_executed=False)
        self.status = status
        self.untrusted = untrusted  # the server's certificate is not to be trusted

    @property
    def permanent(self) -> bool:
        """Whether trying again is useless: the server is no module, is not trusted, or refuses this client."""
        return self.untrusted or (self.status is not None and self.status not in (408, 429, 500, 502, 503, 504))


class ConnectionLost(TransportError):
    """The connection ended before the whole answer had arrived. A part of an answer is never delivered."""


class SessionClosed(ConnectionLost):
    """The module closed the session. ``close_code`` is of RFC 6455, 7.4.1; ``reason`` is the module's sentence."""

    def __init__(self, close_code: int, reason: str, maybe_executed: bool) -> None:
        super().__init__(f"the module closed the session: {close_code} {reason}".rstrip(), maybe_executed)
        self.close_code = close_code
        self.reason = reason

    @property
    def permanent(self) -> bool:
        """Whether the same hello and request would end in the same way (a broken hello, a message too large)."""
        return self.close_code in (1002, 1003, 1007, 1008, 1009)


class DeadlineExceeded(TransportError):
    """No answer within the time allowed. The session is closed, or the answer discarded when it comes: it can never
    be taken for the answer to another request."""


class ProtocolError(TransportError):
    """What arrived is not what a module sends. The connection is closed, and nothing of it is used."""

    def __init__(self, text: str) -> None:
        super().__init__(text, maybe_executed=True)


class CalldataError(ValueError, GenvmError):
    """Bytes that are not canonical calldata, or a value that calldata cannot carry. ``offset`` is the byte at fault."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(f"{what} (byte {offset})")
        self.offset = offset
