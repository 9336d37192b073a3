"""The texts of FatalErrors of the generations A and B, as the field's modules write them."""

import json
import unittest

from genvm_client.debug_form import read_fatal

from .modules import ROOT


def form_value(vector):
    """A value of the texts of the field: {"str": ...}, {"number": "1.0"}, {"array": ...}, ..."""
    if not isinstance(vector, dict):
        return vector
    ((kind, content),) = vector.items()
    readers = {
        "str": str,
        "number": float,
        "bytes": bytes,
        "array": lambda items: [form_value(item) for item in items],
        "map": lambda fields: {key: form_value(item) for key, item in fields.items()},
    }
    return readers[kind](content)


class DebugForm(unittest.TestCase):
    def test_texts_of_the_field_are_read(self):
        path = ROOT.parent / "shared/data/error-forms/module-errors.json"
        if not path.exists():
            self.skipTest(f"{path} is not there")
        for case in json.loads(path.read_text("utf-8")):
            readable, causes, ctx = read_fatal(case["text"])
            self.assertTrue(readable, case["text"])
            self.assertEqual(list(causes), case["causes"])
            self.assertEqual(repr_of(ctx), repr_of({key: form_value(item) for key, item in case["ctx"].items()}))

    def test_other_texts_are_not_readable(self):
        good = 'ModuleError { causes: ["A"], fatal: true, ctx: {"a": Array([Str("x"), Bytes([1, 255])])} }'
        self.assertTrue(read_fatal(good)[0])
        for size in range(len(good)):
            self.assertEqual(read_fatal(good[:size]), (False, (), {}))
        deep = 'ModuleError { causes: ["A"], fatal: true, ctx: {"a": ' + "Array([" * 100_000 + "])" * 100_000 + "} }"
        for text in (good + " ", good.replace("Bytes([1", "Bytes([1000"), good.replace('"x"', '"\\q"'), deep, '{"causes": 1}', "{" * 10_000):
            self.assertFalse(read_fatal(text)[0], text[:80])


def repr_of(value):
    """Numbers as floats, so that -0.0, NaN and 1 compare as the text has them."""
    if isinstance(value, dict):
        return {key: repr_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [repr_of(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(float(value) + 0.0)
    return value


if __name__ == "__main__":
    unittest.main()
