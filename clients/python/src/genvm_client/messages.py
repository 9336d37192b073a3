"""Requests as a GenVM sends them, and how the reply to each is read. Pure: no input or output."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Generic, Mapping, NoReturn, Optional, Sequence, TypeVar

from . import calldata
from .debug_form import read_fatal
from .errors import BudgetExhausted, CalldataError, FatalError, ProtocolError, UserError
from .hello import Generation

T = TypeVar("T")

DEFAULT_FUEL = 10**18  # gen; what `genvm-modules call` sends
_FUEL_LIMIT = 1 << 256
_NO_BUDGET = (1 << 256) - 1
_PNG = b"\x89PNG\r\n\x1a\n"
METHODS = ("GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH")
RENDER_MODES = ("text", "html", "screenshot")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The answer of the LLM module. ``consumed_gen`` is what the host charges the contract."""

    data: T
    consumed_gen: int


@dataclass(frozen=True)
class WebResponse:
    """What a site answered. Header names are lower case; any status is an answer, also 404."""

    status: int
    headers: Mapping[str, bytes]
    body: bytes


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request ready to be sent, and the reader of its ``Ok`` answer."""

    message: bytes
    read_ok: Callable[[Any], T]

    def read(self, frame: bytes) -> T:
        """The answer in a reply. UserError, FatalError or BudgetExhausted when that is the answer;
        ProtocolError when the bytes are no reply to this request."""
        try:
            reply = calldata.decode(frame)
        except CalldataError as error:
            raise ProtocolError(f"the reply is not canonical calldata: {error}") from error
        if not isinstance(reply, dict) or len(reply) != 1:
            _wrong("a reply is a map with one key", reply)
        ((variant, content),) = reply.items()
        if variant == "Ok":
            return self.read_ok(content)
        if variant == "UserError":
            raise _user_error(content)
        if variant == "FatalError" and isinstance(content, str):
            readable, causes, ctx = read_fatal(content)
            raise FatalError(content, causes, ctx, readable)
        _wrong("a reply is Ok, UserError or FatalError", reply)


def unasked(frame: bytes) -> ProtocolError:
    """The error for a reply that no request asked for. In the length-prefixed framing a module refuses a hello in that way."""
    what = "the module sent a reply that no request asked for"
    try:
        reply = calldata.decode(frame)
    except CalldataError:
        return ProtocolError(what)
    text = reply.get("FatalError") if isinstance(reply, dict) else None
    return ProtocolError(f"{what}: {text[:500]}" if isinstance(text, str) else what)


def prompt(generation: Generation, text: str, images: Sequence[bytes] = (), fuel: int = DEFAULT_FUEL) -> "Call[Answer[str]]":
    return Call(_prompt(generation, text, "text", images, fuel), lambda ok: _llm_answer(ok, _text))


def prompt_json(
    generation: Generation, text: str, images: Sequence[bytes] = (), fuel: int = DEFAULT_FUEL
) -> "Call[Answer[Dict[str, Any]]]":
    read = _json_text if generation is Generation.C else _map
    return Call(_prompt(generation, text, "json", images, fuel), lambda ok: _llm_answer(ok, read))


def template(generation: Generation, name: str, slots: Mapping[str, str], fuel: int, read: Callable[[Any], T]) -> "Call[Answer[T]]":
    for slot, value in slots.items():
        _expect_type(slot, value, str)
    payload = {"template": name, **slots}
    return Call(_llm_message(generation, "PromptTemplate", payload, fuel), lambda ok: _llm_answer(ok, read))


def eq_comparative(
    generation: Generation, leader_answer: str, validator_answer: str, principle: str, fuel: int = DEFAULT_FUEL
) -> "Call[Answer[bool]]":
    slots = {"leader_answer": leader_answer, "validator_answer": validator_answer, "principle": principle}
    return template(generation, "EqComparative", slots, fuel, _bool)


def eq_non_comparative_leader(
    generation: Generation, task: str, criteria: str, input: str, fuel: int = DEFAULT_FUEL
) -> "Call[Answer[str]]":
    slots = {"task": task, "criteria": criteria, "input": input}
    return template(generation, "EqNonComparativeLeader", slots, fuel, _text)


def eq_non_comparative_validator(
    generation: Generation, task: str, criteria: str, input: str, output: str, fuel: int = DEFAULT_FUEL
) -> "Call[Answer[bool]]":
    slots = {"task": task, "criteria": criteria, "input": input, "output": output}
    return template(generation, "EqNonComparativeValidator", slots, fuel, _bool)


def request(
    generation: Generation,
    method: str,
    url: str,
    headers: Optional[Mapping[str, bytes]] = None,
    body: Optional[bytes] = None,
    sign: bool = False,
    size_limit: Optional[int] = None,
) -> "Call[WebResponse]":
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")
    _expect_type("url", url, str)
    for name, value in (headers or {}).items():
        _expect_type(f"headers[{name!r}]", value, bytes)
    if body is not None:
        _expect_type("body", body, bytes)
    payload = {"method": method, "url": url, "headers": dict(headers or {}), "body": body, "sign": bool(sign)}
    return Call(_web_message(generation, "Request", payload, size_limit), lambda ok: _web_response(ok, size_limit))


def render(generation: Generation, url: str, mode: str, wait_after_loaded: Optional[str], size_limit: Optional[int], read: Callable[[Any], T]) -> Call[T]:
    if mode not in RENDER_MODES:
        raise ValueError(f"mode is one of {', '.join(RENDER_MODES)}, not {mode!r}")
    _expect_type("url", url, str)
    payload: Dict[str, Any] = {"mode": mode, "url": url}
    if wait_after_loaded is not None:
        _expect_type("wait_after_loaded", wait_after_loaded, str)
        payload["wait_after_loaded"] = wait_after_loaded
    return Call(_web_message(generation, "Render", payload, size_limit), read)


def render_text(
    generation: Generation, url: str, html: bool = False, wait_after_loaded: Optional[str] = None, size_limit: Optional[int] = None
) -> Call[str]:
    return render(generation, url, "html" if html else "text", wait_after_loaded, size_limit, _page_text)


def screenshot(
    generation: Generation, url: str, wait_after_loaded: Optional[str] = None, size_limit: Optional[int] = None
) -> Call[bytes]:
    return render(generation, url, "screenshot", wait_after_loaded, size_limit, _page_image)


def stats() -> Call[Any]:
    return Call(calldata.encode("GetStats"), lambda ok: ok)


def _prompt(generation: Generation, text: str, response_format: str, images: Sequence[bytes], fuel: int) -> bytes:
    _expect_type("prompt", text, str)
    for image in images:
        _expect_type("images", image, bytes)
    payload = {"response_format": response_format, "prompt": text, "images": list(images)}
    return _llm_message(generation, "Prompt", payload, fuel)


def _llm_message(generation: Generation, variant: str, payload: Dict[str, Any], fuel: int) -> bytes:
    _expect_type("fuel", fuel, int)
    limit = 1 << 64 if generation is Generation.B else _FUEL_LIMIT
    if not 0 <= fuel < limit:
        raise ValueError(f"fuel is a number from 0 to 2^{limit.bit_length() - 1} - 1")
    return calldata.encode({variant: {"payload": payload, "remaining_fuel_as_gen": fuel}})


def _web_message(generation: Generation, variant: str, payload: Dict[str, Any], size_limit: Optional[int]) -> bytes:
    if size_limit is None:
        return calldata.encode({variant: payload})
    if generation is not Generation.C:
        raise ValueError("size_limit is of generation C only")
    _expect_type("size_limit", size_limit, int)
    if size_limit < 0:
        raise ValueError("size_limit is a number of bytes")
    return calldata.encode({variant: [payload, size_limit]})


def _expect_type(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{name}: expected {kind.__name__}, found {type(value).__name__}")


def _wrong(expected: str, found: Any) -> NoReturn:
    raise ProtocolError(f"{expected}; the module sent {repr(found)[:200]}")


def _user_error(content: Any) -> UserError:
    causes = content.get("causes") if isinstance(content, dict) else None
    ctx = content.get("ctx") if isinstance(content, dict) else None
    if not isinstance(causes, list) or not all(isinstance(cause, str) for cause in causes) or not isinstance(ctx, dict):
        _wrong("a UserError has causes and ctx", content)
    return UserError(tuple(causes), ctx)


def _llm_answer(ok: Any, read: Callable[[Any], T]) -> Answer[T]:
    if not isinstance(ok, dict) or "data" not in ok:
        _wrong("an answer is a map with data and consumed_gen", ok)
    consumed = ok.get("consumed_gen")
    if not isinstance(consumed, int) or isinstance(consumed, bool) or consumed < 0:
        _wrong("consumed_gen is an unsigned integer", ok)
    if consumed == _NO_BUDGET and ok["data"] == "":
        raise BudgetExhausted(consumed)
    return Answer(read(ok["data"]), consumed)


def _text(data: Any) -> str:
    return data if isinstance(data, str) else _wrong("the answer to this request is a text", data)


def _bool(data: Any) -> bool:
    return data if isinstance(data, bool) else _wrong("the answer to this request is true or false", data)


def _map(data: Any) -> Dict[str, Any]:
    return data if isinstance(data, dict) else _wrong("the answer to this request is a map", data)


def _json_text(data: Any) -> Dict[str, Any]:
    try:
        value = json.loads(_text(data), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the answer to this request is JSON text: {error}") from error
    return _map(value)


def _no_duplicates(pairs: Sequence[Any]) -> Dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a key occurs twice")
    return out


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _web_response(ok: Any, size_limit: Optional[int]) -> WebResponse:
    response = ok.get("response") if isinstance(ok, dict) else None
    if not isinstance(response, dict):
        _wrong("the answer to this request is a map with response", ok)
    status, headers, body = response.get("status"), response.get("headers"), response.get("body")
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        _wrong("status is an HTTP status", status)
    if not isinstance(headers, dict) or not all(isinstance(value, bytes) for value in headers.values()):
        _wrong("headers are a map of bytes", headers)
    if not isinstance(body, bytes):
        _wrong("body is bytes", body)
    if size_limit is not None and len(body) > size_limit:
        _wrong(f"body has at most {size_limit} bytes", len(body))
    return WebResponse(status, headers, body)


def _page_text(ok: Any) -> str:
    text = ok.get("text") if isinstance(ok, dict) else None
    return text if isinstance(text, str) else _wrong("the answer to this request is a map with text", ok)


def _page_image(ok: Any) -> bytes:
    image = ok.get("image") if isinstance(ok, dict) else None
    if not isinstance(image, bytes) or not image.startswith(_PNG):
        _wrong("the answer to this request is a map with image, a PNG", ok)
    return image
