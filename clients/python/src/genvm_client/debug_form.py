"""Reads the text of a FatalError: one line of JSON (generation C), or the debug form of the field's modules (A and B)."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, Tuple

_MAX_DEPTH = 256
_NUMBER = re.compile(r"-?(?:inf|[0-9]+\.[0-9]+(?:e-?[0-9]+)?|[0-9](?:\.[0-9]+)?e-?[0-9]+)|NaN", re.ASCII)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", '"': '"', "\\": "\\", "'": "'"}
_PLAIN = re.compile(r'[^"\\]*')
_UNICODE = re.compile(r"\{([0-9a-fA-F]{1,6})\}")


def read_fatal(text: str) -> Tuple[bool, Tuple[str, ...], Dict[str, Any]]:
    """(readable, causes, ctx). A text of neither form is not readable, and has neither causes nor ctx."""
    try:
        error = json.loads(text) if text.startswith("{") else _Reader(text).whole()
        causes, ctx = error["causes"], error.get("ctx")
        if not isinstance(causes, list) or not all(isinstance(cause, str) for cause in causes):
            return False, (), {}
        return True, tuple(causes), ctx if isinstance(ctx, dict) else {}
    except (ValueError, KeyError, RecursionError):
        return False, (), {}


class _Reader:
    """ModuleError { causes: ["CODE"], fatal: true, ctx: {"key": Str("text")} }"""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Dict[str, Any]:
        self._expect("ModuleError { causes: ")
        causes = self._list(self._quoted)
        self._expect(", fatal: ")
        fatal = self._take("true")
        if not fatal:
            self._expect("false")
        self._expect(", ctx: ")
        ctx = self._map(0)
        self._expect(" }")
        if self._at != len(self._text):
            raise ValueError("text after the error")
        return {"causes": causes, "fatal": fatal, "ctx": ctx}

    def _take(self, token: str) -> bool:
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise ValueError(f"expected {token!r} at {self._at}")

    def _match(self, pattern: "re.Pattern[str]") -> "re.Match[str]":
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"not of the debug form at {self._at}")
        self._at = found.end()
        return found

    def _quoted(self) -> str:
        self._expect('"')
        parts: List[str] = []
        while True:
            parts.append(self._match(_PLAIN).group())
            if self._take('"'):
                return "".join(parts)
            self._expect("\\")
            parts.append(self._escape())

    def _escape(self) -> str:
        name = self._text[self._at : self._at + 1]
        self._at += 1
        if name == "u":
            return chr(int(self._match(_UNICODE).group(1), 16))
        if name not in _ESCAPES:
            raise ValueError(f"an unknown escape at {self._at}")
        return _ESCAPES[name]

    def _list(self, item: Callable[[], Any]) -> List[Any]:
        self._expect("[")
        items: List[Any] = []
        while not self._take("]"):
            if items:
                self._expect(", ")
            items.append(item())
        return items

    def _map(self, depth: int) -> Dict[str, Any]:
        self._expect("{")
        out: Dict[str, Any] = {}
        while not self._take("}"):
            if out:
                self._expect(", ")
            key = self._quoted()
            self._expect(": ")
            out[key] = self._value(depth + 1)
        return out

    def _byte(self) -> int:
        return int(self._match(re.compile("[0-9]{1,3}")).group())

    def _number(self) -> Any:
        number = float(self._match(_NUMBER).group())
        return int(number) if number.is_integer() else number

    def _bool(self) -> bool:
        if self._take("true"):
            return True
        self._expect("false")
        return False

    def _value(self, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        if self._take("Null"):
            return None
        readers: Dict[str, Callable[[], Any]] = {
            "Bool(": self._bool,
            "Number(": self._number,
            "Str(": self._quoted,
            "Bytes(": lambda: bytes(self._list(self._byte)),
            "Array(": lambda: self._list(lambda: self._value(depth + 1)),
            "Map(": lambda: self._map(depth + 1),
        }
        for token, read in readers.items():
            if self._take(token):
                value = read()
                self._expect(")")
                return value
        raise ValueError(f"no value at {self._at}")
