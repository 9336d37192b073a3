"""Calldata: the codec of the wire. Decoding is strict, so ``encode(decode(b)) == b`` for whatever decodes.

Python's ``None``, ``bool``, ``int`` (any size), ``bytes``, ``str``, ``list`` and ``dict`` with ``str`` keys carry the
values; :class:`Address` is the 20 bytes of an account. There are no floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple, Union

from .errors import CalldataError

ADDRESS_BYTES = 20
MAX_DEPTH = 128  # nested lists and dicts, as in the modules

_ATOM, _NON_NEGATIVE, _NEGATIVE, _BYTES, _STRING, _ARRAY, _MAP = range(7)
_TYPE_BITS = 3
_LARGEST_LENGTH = (1 << 64) - 1


@dataclass(frozen=True)
class Address:
    """The 20 bytes of an account. ValueError for any other length."""

    raw: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.raw, bytes) or len(self.raw) != ADDRESS_BYTES:
            raise ValueError(f"an address has {ADDRESS_BYTES} bytes")

    def __str__(self) -> str:
        return "0x" + self.raw.hex()


Value = Union[None, bool, int, bytes, str, List[Any], Dict[str, Any], Address]


@dataclass(frozen=True)
class Limits:
    """What one message may cost. CalldataError when it is exceeded, before anything is allocated for it."""

    max_bytes: int = 64 << 20  # the whole message
    max_depth: int = MAX_DEPTH  # nested lists and dicts
    max_values: int = 1_000_000  # elements of all lists and dicts together
    max_integer_bytes: int = 64 << 10  # one integer as encoded: 138,000 decimal digits


def decode(frame: bytes, limits: Limits = Limits()) -> Value:
    """The value of a message. CalldataError names the byte at fault: not canonical, cut off, over a limit, or followed by more."""
    return _Decoder(bytes(frame), limits).run()


def encode(value: Value) -> bytes:
    """The one form of a value. CalldataError for what calldata cannot carry: floats, other types, lone surrogates."""
    out = bytearray()
    _write(out, value, 0)
    return bytes(out)


class _Decoder:
    def __init__(self, frame: bytes, limits: Limits) -> None:
        self._frame = frame
        self._limits = limits
        self._at = 0
        self._values = 0

    def run(self) -> Value:
        size = len(self._frame)
        if size > self._limits.max_bytes:
            raise CalldataError(f"a message of {size} bytes; the limit is {self._limits.max_bytes}", 0)
        value = self._value(0)
        if self._at != size:
            raise CalldataError(f"{size - self._at} bytes after the value", self._at)
        return value

    def _value(self, depth: int) -> Value:
        start = self._at
        number = self._number("a value is missing")
        kind = number[0] & 7
        if kind == _NON_NEGATIVE:
            return _unpack(number) >> _TYPE_BITS
        if kind == _NEGATIVE:
            return -1 - (_unpack(number) >> _TYPE_BITS)
        payload = self._length(number, _TYPE_BITS, start)
        if kind == _ATOM:
            return self._atom(payload, start)
        if kind == _BYTES:
            return self._take(payload, start)
        if kind == _STRING:
            return self._text(payload, start)
        if kind == _ARRAY:
            return self._array(payload, start, depth + 1)
        if kind == _MAP:
            return self._map(payload, start, depth + 1)
        raise CalldataError("type 7 is reserved", start)

    def _atom(self, payload: int, start: int) -> Value:
        if payload < 3:
            return (None, False, True)[payload]
        if payload > 3:
            raise CalldataError(f"there is no atom {payload}", start)
        if len(self._frame) - self._at < ADDRESS_BYTES:
            raise CalldataError("an address has 20 bytes", start)
        return Address(self._take(ADDRESS_BYTES, start))

    def _array(self, count: int, start: int, depth: int) -> List[Any]:
        self._enter(count, 1, start, depth)
        return [self._value(depth) for _ in range(count)]

    def _map(self, count: int, start: int, depth: int) -> Dict[str, Any]:
        self._enter(count, 2, start, depth)
        out: Dict[str, Any] = {}
        previous = None
        for _ in range(count):
            at = self._at
            key = self._text(self._length(self._number("a number is cut off"), 0, at), at)
            # Texts compare by code points, which is the order of their UTF-8 bytes.
            if previous is not None and key <= previous:
                what = "a map key occurs twice" if key == previous else "map keys are not in order"
                raise CalldataError(what, at)
            previous = key
            out[key] = self._value(depth)
        return out

    def _enter(self, count: int, smallest: int, start: int, depth: int) -> None:
        if depth > min(self._limits.max_depth, MAX_DEPTH):
            raise CalldataError(f"nested deeper than {self._limits.max_depth}", start)
        remaining = len(self._frame) - self._at
        if count > remaining // smallest:
            raise CalldataError(f"{count} elements announced where {remaining} bytes remain", start)
        # Added up before they are read, so that nested lists cannot exceed the limit together.
        self._values += count
        if self._values > self._limits.max_values:
            raise CalldataError(f"more than {self._limits.max_values} values", start)

    def _number(self, when_empty: str) -> bytes:
        """Moves over one minimal ULEB128 number and returns its bytes."""
        frame, start = self._frame, self._at
        if start == len(frame):
            raise CalldataError(when_empty, start)
        stop = min(len(frame), start + self._limits.max_integer_bytes)
        end = start
        while end < stop and frame[end] & 0x80:
            end += 1
        if end == len(frame):
            raise CalldataError("a number is cut off", start)
        if end == stop:
            raise CalldataError(f"a number of more than {self._limits.max_integer_bytes} bytes", start)
        if frame[end] == 0 and end > start:
            raise CalldataError("a number is not in its shortest form", start)
        self._at = end + 1
        return frame[start : end + 1]

    @staticmethod
    def _length(number: bytes, type_bits: int, start: int) -> int:
        payload = _unpack(number) >> type_bits
        if payload > _LARGEST_LENGTH:
            raise CalldataError("a length over 64 bits", start)
        return payload

    def _take(self, length: int, start: int) -> bytes:
        remaining = len(self._frame) - self._at
        if length > remaining:
            raise CalldataError(f"{length} bytes announced where {remaining} bytes remain", start)
        self._at += length
        return self._frame[self._at - length : self._at]

    def _text(self, length: int, start: int) -> str:
        raw = self._take(length, start)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CalldataError(f"a text is no UTF-8: {error.reason}", start) from None


def _unpack(number: bytes) -> int:
    """The bits of a ULEB128 number. Eight groups of 7 bits are seven bytes, so the work grows linearly."""
    if len(number) == 1:
        return number[0]
    out = bytearray()
    for begin in range(0, len(number), 8):
        word = 0
        for shift, byte in enumerate(number[begin : begin + 8]):
            word |= (byte & 0x7F) << (7 * shift)
        out += word.to_bytes(7, "little")
    return int.from_bytes(out, "little")


def _pack(out: bytearray, number: int) -> None:
    if number < 0x80:
        out.append(number)
        return
    groups = -(-number.bit_length() // 7)
    raw = number.to_bytes(-(-groups // 8) * 7, "little")
    begin = len(out)
    for at in range(0, len(raw), 7):
        word = int.from_bytes(raw[at : at + 7], "little")
        for shift in range(0, 56, 7):
            out.append(word >> shift & 0x7F | 0x80)
    del out[begin + groups :]
    out[-1] &= 0x7F


def _head(out: bytearray, kind: int, payload: int) -> None:
    _pack(out, payload << _TYPE_BITS | kind)


def _write(out: bytearray, value: Any, depth: int) -> None:
    if value is None:
        _head(out, _ATOM, 0)
    elif isinstance(value, bool):  # before int, whose subclass it is
        _head(out, _ATOM, 2 if value else 1)
    elif isinstance(value, int):
        _head(out, *((_NON_NEGATIVE, value) if value >= 0 else (_NEGATIVE, -1 - value)))
    elif isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
        _head(out, _BYTES, len(raw))
        out += raw
    elif isinstance(value, str):
        raw = _utf8(value)
        _head(out, _STRING, len(raw))
        out += raw
    elif isinstance(value, Address):
        _head(out, _ATOM, 3)
        out += value.raw
    else:
        _write_container(out, value, depth + 1)


def _write_container(out: bytearray, value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CalldataError(f"nested deeper than {MAX_DEPTH}", len(out))
    if isinstance(value, (list, tuple)):
        _head(out, _ARRAY, len(value))
        for item in value:
            _write(out, item, depth)
        return
    if not isinstance(value, dict):
        raise CalldataError(f"calldata cannot carry a {type(value).__name__}", len(out))
    _head(out, _MAP, len(value))
    for raw, item in sorted(_pairs(value), key=lambda pair: pair[0]):
        _pack(out, len(raw))
        out += raw
        _write(out, item, depth)


def _pairs(value: Dict[Any, Any]) -> List[Tuple[bytes, Any]]:
    for key in value:
        if not isinstance(key, str):
            raise CalldataError(f"a map key is a text, not a {type(key).__name__}", 0)
    return [(_utf8(key), item) for key, item in value.items()]


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise CalldataError("a text with a lone surrogate cannot be sent", 0) from None
