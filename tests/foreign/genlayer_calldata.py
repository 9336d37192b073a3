#!/usr/bin/env python3
"""Calldata encoded and decoded by genlayer-py, for tests to compare with.

Reads lines from stdin and answers each with one line on stdout:

    D HEX     decodes calldata; the answer is the value in tagged JSON
    E JSON    encodes a value given in tagged JSON; the answer is hex
    anything that fails is answered "! MESSAGE"

Tagged JSON, in UTF-8 and without spaces: null, true and false are themselves,
{"i":"-12"} is an integer, {"s":"text"} a string, {"b":"00ff"} bytes,
{"a":"40 hex digits"} an address, {"l":[...]} an array and {"m":[["key",value],...]}
a map, its entries in the order in which they were met.

Run it with build/venv/bin/python after scripts/setup-python.sh.
"""

import abc
import collections.abc
import importlib.util
import json
import re
import sys
import types
from pathlib import Path

# The codec is recursive; tests go deeper than Python's default allows.
sys.setrecursionlimit(10_000)
# Integers of calldata have no upper bound, so neither have their digits.
if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def load_codec():
    """Imports genlayer-py's codec and nothing else of it.

    The packages around it import web3 and dozens more that have no part in
    calldata, so stand-ins take their places. The codec's own files are run as
    they are.
    """
    spec = importlib.util.find_spec("genlayer_py")
    if spec is None:
        sys.exit("genlayer_calldata.py: genlayer-py is missing: run scripts/setup-python.sh")
    root = Path(spec.origin).parent

    def stand_in(name: str, **members) -> types.ModuleType:
        module = types.ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module
        return module

    if not hasattr(collections.abc, "Buffer"):
        # Of Python 3.12; only annotations name it.
        collections.abc.Buffer = type("Buffer", (abc.ABC,), {})

    def no_keccak(_data: bytes) -> bytes:
        raise NotImplementedError("keccak, which only the spelling of addresses needs")

    stand_in("eth_hash")
    stand_in("eth_hash.auto", keccak=no_keccak)
    stand_in("genlayer_py", __path__=[str(root)])
    package = stand_in("genlayer_py.types", __path__=[str(root / "types")])
    values = importlib.import_module("genlayer_py.types.calldata")
    package.CalldataAddress = values.CalldataAddress
    package.CalldataEncodable = values.CalldataEncodable
    return importlib.import_module("genlayer_py.abi.calldata"), values.CalldataAddress


codec, Address = load_codec()


def to_tagged(value):
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, str):
        return {"s": value}
    if isinstance(value, (bytes, memoryview)):
        return {"b": value.hex()}
    if isinstance(value, Address):
        return {"a": value.as_bytes.hex()}
    if isinstance(value, list):
        return {"l": [to_tagged(x) for x in value]}
    if isinstance(value, dict):
        return {"m": [[k, to_tagged(v)] for k, v in value.items()]}
    raise TypeError(f"decoded to {type(value).__name__}")


def from_tagged(tagged):
    if tagged is None or tagged is True or tagged is False:
        return tagged
    if not isinstance(tagged, dict) or len(tagged) != 1:
        raise ValueError("not a tagged value")
    ((tag, body),) = tagged.items()
    match tag, body:
        case "i", str() if re.fullmatch(r"-?[0-9]+", body):
            return int(body)
        case "s", str():
            return body
        case "b", str():
            return bytes.fromhex(body)
        case "a", str() if re.fullmatch(r"[0-9a-fA-F]{40}", body):
            return Address(bytes.fromhex(body))
        case "l", list():
            return [from_tagged(x) for x in body]
        case "m", list():
            result = {}
            for key, value in body:
                if not isinstance(key, str) or key in result:
                    raise ValueError("a map's keys are strings that differ")
                result[key] = from_tagged(value)
            return result
    raise ValueError(f"not a tagged value: {tag}")


def answer(line: str) -> str:
    operation, _, argument = line.partition(" ")
    if operation == "D":
        value = codec.decode(bytes.fromhex(argument))
        return json.dumps(to_tagged(value), ensure_ascii=False, separators=(",", ":"))
    if operation == "E":
        return codec.encode(from_tagged(json.loads(argument))).hex()
    raise ValueError("neither D nor E")


def main() -> None:
    for raw in sys.stdin.buffer:
        try:
            text = answer(raw.decode("utf-8").rstrip("\n"))
        except Exception as e:
            text = "! " + f"{type(e).__name__}: {e}".replace("\n", " ")
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
