"""The first message of a session, in the three generations of GenVM that are in use."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional

from . import calldata


class Generation(enum.Enum):
    """Which GenVM the module takes this client for; it decides the form of some requests and replies."""

    A = "a"  # GenVM 0.1 (2025)
    B = "b"  # GenVM 0.2 (2026)
    C = "c"  # newest (from August 2026)


@dataclass(frozen=True)
class Hello:
    """Made by :meth:`a`, :meth:`b` or :meth:`c`. Scripts of the operator get every field."""

    generation: Generation
    fields: Mapping[str, Any]

    @staticmethod
    def a(cookie: str, host_data: Optional[Mapping[str, Any]] = None) -> "Hello":
        return Hello._checked(Generation.A, {"cookie": cookie}, host_data)

    @staticmethod
    def b(genvm_id: int, host_data: Optional[Mapping[str, Any]] = None) -> "Hello":
        return Hello._checked(Generation.B, {"genvm_id": genvm_id}, host_data)

    @staticmethod
    def c(
        genvm_id: int,
        role: str = "validator",
        host_data: Optional[Mapping[str, Any]] = None,
        gas_data: Optional[Mapping[str, str]] = None,
        initial_time_units_allocation: int = 0,
    ) -> "Hello":
        """``role`` is "leader" or "validator"."""
        if role not in ("leader", "validator"):
            raise ValueError(f'role is "leader" or "validator", not {role!r}')
        own = {
            "genvm_id": genvm_id,
            "role": role,
            "gas_data": dict(gas_data or {}),
            "initial_time_units_allocation": initial_time_units_allocation,
        }
        return Hello._checked(Generation.C, own, host_data)

    @staticmethod
    def _checked(generation: Generation, own: Dict[str, Any], host_data: Optional[Mapping[str, Any]]) -> "Hello":
        hello = Hello(generation, {**own, "host_data": dict(host_data or {})})
        hello.encoded()
        return hello

    def encoded(self, token: str = "") -> bytes:
        """With the field ``token``, unless it is empty. CalldataError for a field that calldata cannot carry."""
        own = {"token": token} if token else {}
        return calldata.encode({**self.fields, **own})
