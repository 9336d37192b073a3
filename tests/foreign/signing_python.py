#!/usr/bin/env python3
"""HTTP messages signed and verified by http-message-signatures, for tests to compare with.

Reads lines of JSON from stdin and answers each with one line of JSON:

    {"op": "sign", "algorithm", "key", "label", "keyid", "created", "components": [...], "message"}
        -> {"input": "...", "signature": "..."}   the two fields
    {"op": "verify", "algorithm", "key", "label", "message"}
        -> {"ok": true}
    anything that fails is answered {"error": "..."}

A message is {"method", "url", "target", "headers": [[name, value]]} or {"status", "headers", "request": {...}}.
A key is PEM, or hex for hmac-sha256. Run it with build/venv/bin/python after scripts/setup-python.sh.
"""

import datetime
import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms


class ES256K(algorithms.ECDSA_P256_SHA256):
    """The library has no secp256k1; this is its own ECDSA on that curve."""

    algorithm_id = "ES256K"
    _curve = ec.SECP256K1


ALGORITHMS = {a.algorithm_id: a for a in (
    algorithms.RSA_PSS_SHA512, algorithms.RSA_V1_5_SHA256, algorithms.HMAC_SHA256, algorithms.ECDSA_P256_SHA256,
    algorithms.ECDSA_P384_SHA384, algorithms.ED25519, ES256K)}


class Headers:
    """A mapping that keeps repeated fields."""

    def __init__(self, fields):
        self.fields = [(name, value) for name, value in fields]

    def items(self):
        return list(self.fields)

    def __iter__(self):
        return iter(dict.fromkeys(name for name, _ in self.fields))

    def __contains__(self, name):
        return any(n.lower() == name.lower() for n, _ in self.fields)

    def __getitem__(self, name):
        return next(v for n, v in self.fields if n.lower() == name.lower())

    def __setitem__(self, name, value):
        del self[name]
        self.fields.append((name, value))

    def __delitem__(self, name):
        self.fields = [(n, v) for n, v in self.fields if n.lower() != name.lower()]


class Message:
    def __init__(self, given):
        self.headers = Headers(given["headers"])
        if "status" in given:
            self.status_code = given["status"]
            self.request = Message(given["request"]) if given.get("request") else None
        else:
            self.method, self.url, self.request_target = given["method"], given["url"], given["target"]


class AnyKeyid:
    """One key, whatever the message calls it."""

    def __init__(self, key):
        self.key = key

    def resolve_public_key(self, key_id):
        return self.key


def answer(asked):
    algorithm = ALGORITHMS[asked["algorithm"]]
    key = bytes.fromhex(asked["key"]) if asked["algorithm"] == "hmac-sha256" else asked["key"].encode()
    message = Message(asked["message"])
    if asked["op"] == "sign":
        keys = MappingKeyResolver(public_keys={}, private_keys={asked["keyid"]: key})
        signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=keys)
        created = datetime.datetime.fromtimestamp(asked["created"], tz=datetime.timezone.utc)
        signer.sign(message, key_id=asked["keyid"], created=created, label=asked["label"], nonce="n-1", tag="a tag",
                    covered_component_ids=asked["components"],
                    use_existing_digest="Content-Digest" in message.headers)
        return {"input": message.headers["Signature-Input"], "signature": message.headers["Signature"]}
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=AnyKeyid(key))
    results = verifier.verify(message, max_age=None)
    return {"ok": [r.label for r in results] == [asked["label"]]}


def main():
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as e:
            reply = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
