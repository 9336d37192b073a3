"""A peer of the session port under TLS that shares no code with the modules: Python's own ssl module.

  tls_peer.py PORT CA [--cert FILE --key FILE] [--least V] [--most V] [--websocket] [--trickle] [--lazy] MESSAGE...

Sends each message as text in the length-prefixed framing (or as a masked WebSocket frame) and prints a line for each reply: its
length and its first 60 bytes. First it prints the version that was agreed on, last how the connection ended. --trickle sends the
handshake byte by byte, --lazy reads replies only after a pause, so that the module must wait for room.
"""

import argparse
import socket
import ssl
import sys
import time

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("ca")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--least")
    parser.add_argument("--most")
    parser.add_argument("--websocket", action="store_true")
    parser.add_argument("--trickle", action="store_true")
    parser.add_argument("--lazy", action="store_true")
    parser.add_argument("message", nargs="*")
    return parser.parse_intermixed_args()


def context_of(given):
    context = ssl.create_default_context(cafile=given.ca)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # the old versions are to be refused by the other side
    if given.least:
        context.minimum_version = VERSIONS[given.least]
    if given.most:
        context.maximum_version = VERSIONS[given.most]
    if given.cert:
        context.load_cert_chain(given.cert, given.key)
    return context


class Trickle:
    """TLS whose handshake leaves in pieces of one byte."""

    def __init__(self, raw, context):
        self.raw, self.inside, self.outside = raw, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inside, self.outside, server_hostname="localhost")
        self.step(self.tls.do_handshake, 1)

    def step(self, act, piece):
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                self.flush(piece)
                self.inside.write(self.raw.recv(1 << 16))
            finally:
                self.flush(piece)

    def flush(self, piece):
        out = self.outside.read()
        for at in range(0, len(out), piece):
            self.raw.sendall(out[at : at + piece])

    def version(self):
        return self.tls.version()

    def sendall(self, data):
        self.step(lambda: self.tls.write(data), 1 << 14)

    def recv(self, size):
        return self.step(lambda: self.tls.read(size), 1 << 14)

    def unwrap(self):
        self.step(self.tls.unwrap, 1 << 14)


def exactly(peer, size):
    got = bytearray()
    while len(got) < size:
        more = peer.recv(min(size - len(got), 1 << 18))
        if not more:
            raise EOFError("the connection ended")
        got += more
    return bytes(got)


def frame(given, message):
    data = message.encode()
    if not given.websocket:
        return len(data).to_bytes(4, "big") + data
    return bytes([0x82, 0x80 | len(data), 0, 0, 0, 0]) + data


def reply(given, peer):
    if not given.websocket:
        return exactly(peer, int.from_bytes(exactly(peer, 4), "big"))
    size = exactly(peer, 2)[1]
    if size > 125:
        size = int.from_bytes(exactly(peer, 2 if size == 126 else 8), "big")
    return exactly(peer, size)


def upgrade(peer):
    peer.sendall(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += exactly(peer, 1)
    print(head.split(b"\r\n")[0].decode())


def talk(given, peer):
    print("agreed on", peer.version())
    if given.websocket:
        upgrade(peer)
    for number, message in enumerate(given.message):
        peer.sendall(frame(given, message))
        if number == 0:
            continue  # the hello has no reply
        if given.lazy:
            time.sleep(0.3)
        got = reply(given, peer)
        print(len(got), got[:60].decode("latin-1"))
    peer.unwrap()
    print("ended in good order")


def main():
    given = arguments()
    raw = socket.create_connection(("127.0.0.1", given.port), timeout=60)
    context = context_of(given)
    try:
        talk(given, Trickle(raw, context) if given.trickle else context.wrap_socket(raw, server_hostname="localhost"))
    except (OSError, EOFError) as error:
        print("failed:", error)
        sys.exit(1)


main()
