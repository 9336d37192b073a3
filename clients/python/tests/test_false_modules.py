"""What no module sends: halves, wrong handshakes, wrong shapes, replies too many. None of it may become an answer."""

import asyncio
import base64
import hashlib
import struct
import time
import unittest

from genvm_client import (
    AsyncClient,
    Backoff,
    BudgetExhausted,
    Client,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    FatalError,
    Hello,
    Options,
    ProtocolError,
    SessionClosed,
    UserError,
    calldata,
)

from .modules import FalseModule

QUICK = Options(timeout=5.0, backoff=Backoff(initial=0.01, maximum=0.02, attempts=3))
ANSWER = {"Ok": {"data": "yes", "consumed_gen": 3}}


def framed(value):
    raw = value if isinstance(value, bytes) else calldata.encode(value)
    return struct.pack(">I", len(raw)) + raw


def exactly(connection, count):
    out = b""
    while len(out) < count:
        more = connection.recv(count - len(out))
        if not more:
            raise OSError("the client left")
        out += more
    return out


def read_framed(connection):
    return exactly(connection, struct.unpack(">I", exactly(connection, 4))[0])


def replies(*answers):
    """Answers the requests of each connection in turn, in the length-prefixed framing."""

    def script(connection):
        read_framed(connection)  # the hello
        for answer in answers:
            read_framed(connection)
            connection.sendall(answer if isinstance(answer, bytes) else framed(answer))

    return script


def upgrade(connection, accept=None, status="101 Switching Protocols"):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += exactly(connection, 1)
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    right = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
    connection.sendall(
        f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept or right}\r\n\r\n".encode()
    )


def read_ws(connection):
    first, second = exactly(connection, 2)
    length = second & 0x7F
    if length >= 126:
        length = int.from_bytes(exactly(connection, 2 if length == 126 else 8), "big")
    mask = exactly(connection, 4)
    return first & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(exactly(connection, length)))


def ws(first, payload):
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    return bytes([first, 126]) + struct.pack(">H", len(payload)) + payload


def ws_replies(*raw):
    """After the hello and one request, sends these bytes and waits for the client to leave."""

    def script(connection):
        upgrade(connection)
        read_ws(connection)
        read_ws(connection)
        for part in raw:
            connection.sendall(part)
        while connection.recv(4096):
            pass

    return script


class WithFalseModule(unittest.TestCase):
    def client(self, script, websocket=False, hello=None, options=QUICK):
        self.server = FalseModule(script, websocket)
        self.addCleanup(self.server.stop)
        client = Client(self.server.address, hello or Hello.b(1), options)
        self.addCleanup(client.close)
        return client


class Shapes(WithFalseModule):
    def refused(self, reply, ask=lambda client: client.prompt("x"), hello=None):
        client = self.client(replies(reply), hello=hello)
        with self.assertRaises(ProtocolError, msg=repr(reply)):
            ask(client)

    def test_the_right_shape_is_an_answer(self):
        answer = self.client(replies(ANSWER)).prompt("x")
        self.assertEqual((answer.data, answer.consumed_gen), ("yes", 3))

    def test_wrong_shapes_are_refused(self):
        for reply in (
            None,
            "Ok",
            {},
            {"Ok": "yes"},
            {"Ok": {"data": "yes"}},
            {"Ok": {"data": "yes", "consumed_gen": -1}},
            {"Ok": {"data": "yes", "consumed_gen": True}},
            {"Ok": {"data": b"yes", "consumed_gen": 0}},
            {"Ok": {"data": True, "consumed_gen": 0}},
            {"Ok": {"data": {}, "consumed_gen": 0}},
            {"Ok": {"data": "yes", "consumed_gen": 0}, "UserError": {"causes": [], "ctx": {}}},
            {"UserError": {"causes": "X", "ctx": {}}},
            {"UserError": {"causes": ["X"]}},
            {"UserError": "X"},
            {"FatalError": b"X"},
            {"Other": {"data": "yes", "consumed_gen": 0}},
        ):
            self.refused(reply)

    def test_the_answer_to_another_kind_of_request_is_refused(self):
        self.refused(ANSWER, lambda client: client.eq_comparative("a", "b", "c"))
        self.refused({"Ok": {"data": 1, "consumed_gen": 0}}, lambda client: client.eq_non_comparative_validator("a", "b", "c", "d"))
        self.refused(ANSWER, lambda client: client.prompt_json("x"))
        self.refused(ANSWER, lambda client: client.request("GET", "http://a.example/"))
        self.refused({"Ok": {"image": b"\x89PNG\r\n\x1a\n"}}, lambda client: client.render_text("http://a.example/"))
        self.refused({"Ok": {"image": b"GIF89a"}}, lambda client: client.screenshot("http://a.example/"))
        self.refused({"Ok": {"text": "x"}}, lambda client: client.screenshot("http://a.example/"))

    def test_a_web_answer_is_checked(self):
        for response in (
            {"status": "200", "headers": {}, "body": b""},
            {"status": 20, "headers": {}, "body": b""},
            {"status": 200, "headers": {"a": "text"}, "body": b""},
            {"status": 200, "headers": {}, "body": "text"},
            {"status": 200, "headers": {}},
        ):
            self.refused({"Ok": {"response": response}}, lambda client: client.request("GET", "http://a.example/"))
        long = {"Ok": {"response": {"status": 200, "headers": {}, "body": bytes(11)}}}
        self.refused(long, lambda client: client.request("GET", "http://a.example/", size_limit=10), Hello.c(1))

    def test_json_text_of_generation_c_is_read_strictly(self):
        for text in ("{", "[]", '{"a":1,"a":2}', '{"a":NaN}', "null", "{} {}", "[" * 100_000):
            self.refused({"Ok": {"data": text, "consumed_gen": 0}}, lambda client: client.prompt_json("x"), Hello.c(1))
        client = self.client(replies({"Ok": {"data": '{"a": [1, "b"]}', "consumed_gen": 0}}), hello=Hello.c(1))
        self.assertEqual(client.prompt_json("x").data, {"a": [1, "b"]})

    def test_bytes_that_are_not_canonical_are_refused(self):
        frame = calldata.encode(ANSWER)
        for raw in (b"", frame + b"\0", frame[:-1], b"\x80\x00", frame.replace(b"\x19", b"\x99\x00")):
            self.refused(framed(raw))

    def test_an_exhausted_budget_is_no_answer(self):
        reply = {"Ok": {"data": "", "consumed_gen": 2**256 - 1}}
        for ask in (lambda client: client.prompt("x"), lambda client: client.eq_comparative("a", "b", "c")):
            with self.assertRaises(BudgetExhausted):
                ask(self.client(replies(reply)))

    def test_errors_keep_causes_and_ctx(self):
        with self.assertRaises(UserError) as caught:
            self.client(replies({"UserError": {"causes": ["A", "own"], "ctx": {"url": "u", "detail": "why"}}})).prompt("x")
        self.assertEqual((caught.exception.code, caught.exception.causes), ("A", ("A", "own")))
        self.assertEqual((caught.exception.ctx["url"], caught.exception.detail), ("u", "why"))

    def test_fatal_errors_are_read_in_both_forms(self):
        texts = (
            '{"causes":["NO_PROVIDER_FOR_PROMPT"],"fatal":true,"ctx":{"status":401}}',
            'ModuleError { causes: ["NO_PROVIDER_FOR_PROMPT"], fatal: true, ctx: {"status": Number(401.0)} }',
        )
        for text in texts:
            with self.assertRaises(FatalError) as caught:
                self.client(replies({"FatalError": text})).prompt("x")
            self.assertEqual((caught.exception.code, caught.exception.ctx), ("NO_PROVIDER_FOR_PROMPT", {"status": 401}))
        with self.assertRaises(FatalError) as caught:
            self.client(replies({"FatalError": "of no form"})).prompt("x")
        self.assertEqual((caught.exception.readable, caught.exception.text, caught.exception.code), (False, "of no form", ""))


class Streams(WithFalseModule):
    def test_a_half_answer_is_never_delivered(self):
        whole = framed(ANSWER)
        for size in (1, 3, 4, 5, len(whole) - 1):
            with self.assertRaises(ConnectionLost) as caught:
                self.client(replies(whole[:size])).prompt("x")
            self.assertTrue(caught.exception.maybe_executed)

    def test_a_lost_request_is_not_sent_again_unless_asked_for(self):
        with self.assertRaises(ConnectionLost):
            self.client(replies(b"")).prompt("x")
        self.assertEqual(self.server.connections, 1)

    def test_a_lost_request_is_sent_again_when_asked_for_and_not_for_ever(self):
        options = Options(timeout=5.0, backoff=QUICK.backoff, resend_lost=True)
        client = self.client(replies(b""), options=options)
        with self.assertRaises(ConnectionLost):
            client.prompt("x")
        self.assertEqual(self.server.connections, 3)

    def test_a_late_answer_is_not_taken_for_the_next_one(self):
        def script(connection):
            read_framed(connection)
            asked = calldata.decode(read_framed(connection))["Prompt"]["payload"]["prompt"]
            if asked == "slow":
                time.sleep(0.4)
            connection.sendall(framed({"Ok": {"data": asked, "consumed_gen": 0}}))
            read_framed(connection)

        client = self.client(script)
        with self.assertRaises(DeadlineExceeded) as caught:
            client.prompt("slow", timeout=0.1)
        self.assertTrue(caught.exception.maybe_executed)
        self.assertEqual(client.prompt("quick").data, "quick")

    def test_two_replies_to_one_request_are_refused(self):
        def script(connection):
            read_framed(connection)
            read_framed(connection)
            connection.sendall(framed(ANSWER) + framed({"Ok": {"data": "of nobody", "consumed_gen": 0}}))
            connection.recv(1)

        with self.assertRaises(ProtocolError):
            self.client(script).prompt("x")

    def test_a_reply_nobody_asked_for_is_not_the_answer_to_the_next_request(self):
        def script(connection):
            read_framed(connection)
            for number in range(2):
                asked = calldata.decode(read_framed(connection))["Prompt"]["payload"]["prompt"]
                connection.sendall(framed({"Ok": {"data": asked, "consumed_gen": 0}}))
                time.sleep(0.05)
                connection.sendall(framed({"Ok": {"data": "of nobody", "consumed_gen": 0}}))

        client = self.client(script)
        for text in ("one", "two", "three"):
            self.assertEqual(client.prompt(text).data, text)
            time.sleep(0.15)
        self.assertEqual(self.server.connections, 3)

    def test_an_announced_giant_is_refused_before_it_is_read(self):
        with self.assertRaises(ProtocolError):
            self.client(replies(b"\xff\xff\xff\xff")).prompt("x")

    def test_silence_ends_at_the_deadline(self):
        client = self.client(lambda connection: connection.recv(1 << 20) and time.sleep(2))
        start = time.monotonic()
        with self.assertRaises(DeadlineExceeded):
            client.prompt("x", timeout=0.2)
        self.assertLess(time.monotonic() - start, 1.5)


class WebSockets(WithFalseModule):
    def refused(self, *raw):
        with self.assertRaises(ProtocolError):
            self.client(ws_replies(*raw), websocket=True).prompt("x")

    def test_fragments_with_a_ping_between_are_one_message(self):
        frame = calldata.encode(ANSWER)
        raw = (ws(0x02, frame[:5]), ws(0x89, b"ping"), ws(0x00, b""), ws(0x80, frame[5:]))
        self.assertEqual(self.client(ws_replies(*raw), websocket=True).prompt("x").data, "yes")

    def test_violations_are_refused(self):
        frame = calldata.encode(ANSWER)
        self.refused(ws(0x81, frame))  # text
        self.refused(ws(0xC2, frame))  # a reserved bit
        self.refused(ws(0x83, frame))  # an unknown opcode
        self.refused(bytes([0x82, 0x80 | len(frame)]) + bytes(4) + frame)  # masked
        self.refused(ws(0x80, frame))  # a continuation of nothing
        self.refused(ws(0x02, frame[:5]), ws(0x82, frame[5:]))  # a new message inside another
        self.refused(ws(0x09, b""))  # a control frame in fragments
        self.refused(bytes([0x82, 126, 0, len(frame)]) + frame)  # a length that is not the shortest
        self.refused(bytes([0x82, 127]) + b"\x7f" + b"\xff" * 7)  # a giant

    def test_a_connection_cut_inside_a_frame_gives_no_answer(self):
        frame = ws(0x82, calldata.encode(ANSWER))
        for part in (frame[:1], frame[:-1], ws(0x02, calldata.encode(ANSWER))):

            def script(connection, part=part):
                upgrade(connection)
                read_ws(connection)
                read_ws(connection)
                connection.sendall(part)

            with self.assertRaises(ConnectionLost):
                self.client(script, websocket=True).prompt("x")

    def test_a_close_frame_tells_code_and_reason(self):
        with self.assertRaises(SessionClosed) as caught:
            self.client(ws_replies(ws(0x88, struct.pack(">H", 1011) + b"limits")), websocket=True).prompt("x")
        self.assertEqual((caught.exception.close_code, caught.exception.reason), (1011, "limits"))

    def test_a_reply_that_comes_with_the_goodbye_is_an_answer(self):
        goodbye = ws(0x88, struct.pack(">H", 1001) + b"stopping")
        client = self.client(ws_replies(ws(0x82, calldata.encode(ANSWER)) + goodbye), websocket=True)
        for connections in (1, 2):
            self.assertEqual(client.prompt("x").data, "yes")
            self.assertEqual(self.server.connections, connections)

    def test_wrong_handshakes_are_refused(self):
        with self.assertRaises(ProtocolError):
            self.client(lambda connection: upgrade(connection, accept="AAAA"), websocket=True).prompt("x")
        with self.assertRaises(ConnectError) as caught:
            self.client(lambda connection: upgrade(connection, status="403 Forbidden"), websocket=True).prompt("x")
        self.assertEqual((caught.exception.status, self.server.connections), (403, 1))
        with self.assertRaises(ConnectError):
            self.client(lambda connection: upgrade(connection, status="503 Busy"), websocket=True).prompt("x")
        self.assertEqual(self.server.connections, QUICK.backoff.attempts)

    def test_what_is_no_http_is_refused(self):
        with self.assertRaises(ConnectError):
            self.client(lambda connection: connection.sendall(b"SSH-2.0-x\r\n\r\n"), websocket=True).prompt("x")


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def client(self, script, websocket=False, options=QUICK):
        server = FalseModule(script, websocket)
        self.addCleanup(server.stop)
        client = AsyncClient(server.address, Hello.b(1), options)
        self.addAsyncCleanup(client.close)
        return client

    @staticmethod
    def echo(connection):
        read_framed(connection)
        while True:
            asked = calldata.decode(read_framed(connection))["Prompt"]["payload"]["prompt"]
            if asked.startswith("slow"):
                time.sleep(0.3)
            connection.sendall(framed({"Ok": {"data": asked, "consumed_gen": 0}}))

    async def test_answers_belong_to_their_calls(self):
        client = await self.client(self.echo)
        texts = [f"prompt {number}" for number in range(100)]
        answers = await asyncio.gather(*(client.prompt(text) for text in texts))
        self.assertEqual([answer.data for answer in answers], texts)

    async def test_a_call_given_up_shifts_no_other_answer(self):
        client = await self.client(self.echo)
        calls = [asyncio.create_task(client.prompt(text)) for text in ("slow one", "two", "slow three", "four")]
        await asyncio.sleep(0.1)
        calls[0].cancel()
        calls[2].cancel()
        self.assertEqual((await calls[1]).data, "two")
        self.assertEqual((await calls[3]).data, "four")

    async def test_a_deadline_with_nobody_waiting_ends_the_session(self):
        client = await self.client(self.echo)
        with self.assertRaises(DeadlineExceeded):
            await client.prompt("slow", timeout=0.05)
        self.assertEqual((await client.prompt("next")).data, "next")

    async def test_everybody_who_waits_hears_that_the_connection_is_lost(self):
        client = await self.client(replies(ANSWER, framed(ANSWER)[:6]))
        results = await asyncio.gather(*(client.prompt("x") for _ in range(3)), return_exceptions=True)
        self.assertEqual(results[0].data, "yes")
        self.assertTrue(all(isinstance(result, ConnectionLost) for result in results[1:]), results)

    async def test_a_wrong_shape_ends_the_session(self):
        client = await self.client(replies({"Ok": 1}, ANSWER))
        with self.assertRaises(ProtocolError):
            await client.prompt("x")

    async def test_a_reply_nobody_asked_for_ends_the_session(self):
        connections = []

        def script(connection):
            connections.append(connection)
            read_framed(connection)
            asked = calldata.decode(read_framed(connection))["Prompt"]["payload"]["prompt"]
            of_nobody = {"Ok": {"data": "of nobody", "consumed_gen": 0}}
            connection.sendall(framed({"Ok": {"data": asked, "consumed_gen": 0}}) + framed(of_nobody))
            read_framed(connection)

        client = await self.client(script)
        for text in ("one", "two", "three"):
            self.assertEqual((await client.prompt(text)).data, text)
            await asyncio.sleep(0.1)
        self.assertEqual(len(connections), 3)

    async def test_a_reply_that_comes_with_the_goodbye_is_an_answer(self):
        goodbye = ws(0x88, struct.pack(">H", 1001) + b"stopping")
        client = await self.client(ws_replies(ws(0x82, calldata.encode(ANSWER)) + goodbye), websocket=True)
        for _ in range(2):
            self.assertEqual((await client.prompt("x")).data, "yes")

    async def test_a_session_refused_at_once_is_an_error_at_once(self):
        def script(connection):
            upgrade(connection)
            read_ws(connection)
            connection.sendall(ws(0x88, struct.pack(">H", 1002) + b"MALFORMED_HELLO"))
            connection.recv(100)

        client = await self.client(script, websocket=True)
        for _ in range(3):
            with self.assertRaises(SessionClosed) as caught:
                await client.prompt("x")
            self.assertEqual(caught.exception.close_code, 1002)


if __name__ == "__main__":
    unittest.main()
