"""``/health`` and ``/metrics`` of a module, which answers HTTP on the port of its sessions."""

from __future__ import annotations

import http.client
import json
import re
import socket
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping

from .errors import ConnectError, ProtocolError
from .options import Address, Options

_LARGEST_PAGE = 16 << 20
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True)
class Health:
    """``serving`` is False while the module shuts down or is unhealthy. ``fields`` is the whole object."""

    serving: bool
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Sample:
    """One line of the metrics page."""

    name: str
    labels: Mapping[str, str]
    value: float


def health(address: str, timeout: float = 10.0, options: Options = Options()) -> Health:
    """ConnectError when nothing answers, ProtocolError when what answers is no module. Of the options those about TLS count."""
    status, body = _get(Address.parse(address), "/health", timeout, options)
    if status not in (200, 503):
        raise ProtocolError(f"/health answered with status {status}")
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise ProtocolError(f"/health is no JSON: {error}") from error
    if not isinstance(fields, dict) or "program" not in fields:
        raise ProtocolError("/health is not that of a module")
    return Health(status == 200, fields)


def metrics(address: str, timeout: float = 10.0, options: Options = Options()) -> List[Sample]:
    """The samples of the metrics page, in its order."""
    status, body = _get(Address.parse(address), "/metrics", timeout, options)
    if status != 200:
        raise ProtocolError(f"/metrics answered with status {status}")
    return [_sample(line) for line in body.decode("utf-8").splitlines() if line and not line.startswith("#")]


def _sample(line: str) -> Sample:
    found = _SAMPLE.fullmatch(line)
    if found is None:
        raise ProtocolError(f"no line of metrics: {line[:200]!r}")
    labels: Dict[str, str] = {}
    text, at = found.group(2) or "", 0
    while at < len(text):
        label = _LABEL.match(text, at)
        if label is None:
            raise ProtocolError(f"no labels of metrics: {line[:200]!r}")
        labels[label.group(1)] = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m.group(1), m.group()), label.group(2))
        at = label.end()
    return Sample(found.group(1), labels, float(found.group(3)))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(address: Address, timeout: float, options: Options) -> http.client.HTTPConnection:
    if address.scheme == "unix":
        return _UnixConnection(address.path, timeout)
    if address.tls:
        return http.client.HTTPSConnection(address.host, address.port, timeout=timeout, context=options.tls_context())
    return http.client.HTTPConnection(address.host, address.port, timeout=timeout)


def _get(address: Address, path: str, timeout: float, options: Options) -> "tuple[int, bytes]":
    try:
        connection = _connection(address, timeout, options)
    except OSError as error:
        raise ConnectError(f"{path}: {error}") from error
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read(_LARGEST_PAGE + 1)
    except http.client.HTTPException as error:
        raise ProtocolError(f"{path}: {type(error).__name__} {error}") from error
    except OSError as error:
        raise ConnectError(f"{path}: {error}") from error
    finally:
        connection.close()
    if len(body) > _LARGEST_PAGE:
        raise ProtocolError(f"{path} is larger than {_LARGEST_PAGE} bytes")
    return response.status, body
