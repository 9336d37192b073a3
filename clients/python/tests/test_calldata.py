"""The codec against the project's vectors, and by its own properties."""

import json
import pathlib
import random
import time
import unittest

from genvm_client import AccountAddress, CalldataError, calldata

VECTORS = json.loads((pathlib.Path(__file__).resolve().parents[2] / "vectors/calldata.json").read_text("utf-8"))


def from_tagged(tagged):
    if tagged is None or isinstance(tagged, bool):
        return tagged
    ((tag, content),) = tagged.items()
    readers = {
        "i": int,
        "s": str,
        "b": bytes.fromhex,
        "a": lambda text: AccountAddress(bytes.fromhex(text)),
        "l": lambda items: [from_tagged(item) for item in items],
        "m": lambda pairs: {key: from_tagged(item) for key, item in pairs},
    }
    return readers[tag](content)


def random_value(source, depth=0):
    kind = source.randrange(6 if depth > 3 else 8)
    if kind == 0:
        return source.choice([None, True, False])
    if kind == 1:
        return source.randrange(-200, 200)
    if kind == 2:
        return (-1) ** source.randrange(2) * source.getrandbits(source.randrange(1, 600))
    if kind == 3:
        return source.randbytes(source.randrange(200))
    if kind == 4:
        return AccountAddress(source.randbytes(20))
    if kind == 5:
        return random_text(source)
    if kind == 6:
        return [random_value(source, depth + 1) for _ in range(source.randrange(5))]
    return {random_text(source): random_value(source, depth + 1) for _ in range(source.randrange(5))}


def random_text(source):
    alphabet = "abc\0é\u07ff\u0800\uffff\U00010000\U0010ffff"
    return "".join(source.choice(alphabet) for _ in range(source.randrange(8)))


class Calldata(unittest.TestCase):
    def test_reads_and_writes_every_valid_vector(self):
        for vector in VECTORS["valid"]:
            with self.subTest(vector["hex"]):
                value = from_tagged(vector["value"])
                self.assertEqual(calldata.decode(bytes.fromhex(vector["hex"])), value)
                self.assertEqual(calldata.encode(value).hex(), vector["hex"])

    def test_a_bool_is_no_integer(self):
        self.assertIs(calldata.decode(b"\x10"), True)
        self.assertIs(type(calldata.decode(b"\x09")), int)

    def test_refuses_every_malformed_vector_with_its_offset(self):
        for vector in VECTORS["malformed"]:
            with self.subTest(vector["what"]):
                with self.assertRaises(CalldataError) as caught:
                    calldata.decode(bytes.fromhex(vector["hex"]))
                self.assertEqual(caught.exception.offset, vector["offset"])

    def test_gives_back_what_was_encoded(self):
        source = random.Random(1)
        for _ in range(2000):
            value = random_value(source)
            self.assertEqual(calldata.decode(calldata.encode(value)), value)

    def test_refuses_every_truncation(self):
        source = random.Random(2)
        for _ in range(100):
            frame = calldata.encode(random_value(source))
            for size in range(0, len(frame), 1 + len(frame) // 50):
                with self.assertRaises(CalldataError):
                    calldata.decode(frame[:size])

    def test_whatever_it_accepts_encodes_to_the_same_bytes(self):
        source = random.Random(3)
        accepted = 0
        for _ in range(5000):
            frame = bytearray(calldata.encode(random_value(source)))
            for _ in range(source.randrange(3)):
                frame[source.randrange(len(frame))] = source.randrange(256)
            try:
                value = calldata.decode(bytes(frame))
            except CalldataError:
                continue
            accepted += 1
            self.assertEqual(calldata.encode(value), bytes(frame))
        self.assertGreater(accepted, 1000)

    def test_bounds_depth(self):
        self.assertIsNotNone(calldata.decode(b"\x0d" * calldata.MAX_DEPTH + b"\0"))
        for arrays in (calldata.MAX_DEPTH + 1, 100_000):
            with self.assertRaises(CalldataError):
                calldata.decode(b"\x0d" * arrays + b"\0")
        value = []
        for _ in range(calldata.MAX_DEPTH):
            value = [value]
        with self.assertRaises(CalldataError):
            calldata.encode(value)

    def test_bounds_values_that_nested_lists_announce(self):
        frame = b"\x85\xa4\xe8\x03" * 100 + bytes(2_000_000)
        with self.assertRaises(CalldataError):
            calldata.decode(frame)

    def test_bounds_an_endless_integer(self):
        with self.assertRaises(CalldataError):
            calldata.decode(b"\x81" * (8 << 20))

    def test_carries_integers_of_ten_thousand_digits_in_linear_time(self):
        for number in (7 * 10**9999, -(10**9999), 10**9999 - 1):
            self.assertEqual(calldata.decode(calldata.encode(number)), number)
        start = time.monotonic()
        many = [1 << 400_000] * 50
        self.assertEqual(calldata.decode(calldata.encode(many)), many)
        self.assertLess(time.monotonic() - start, 20)

    def test_refuses_what_calldata_cannot_carry(self):
        for value in (1.5, {1: 2}, "\ud800", {"\udfff": 1}, object(), {"a": {"b": 0.1}}):
            with self.assertRaises(CalldataError):
                calldata.encode(value)


if __name__ == "__main__":
    unittest.main()
