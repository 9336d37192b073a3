"""Against the real modules: every request, wrong hellos, deadlines, kills and restarts."""

import asyncio
import pathlib
import random
import socket
import struct
import threading
import time
import unittest

from genvm_client import (
    AsyncClient,
    Backoff,
    Client,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    FatalError,
    Hello,
    Options,
    SessionClosed,
    UserError,
    calldata,
)
from genvm_client.hello import Generation

from .modules import ROOT, WEB_CONFIG, Module, Site, Upstream, bin_dir, free_port, llm_config, temp_folder
from .test_calldata import VECTORS, random_value

HOST = {"node_address": "0xabcd", "tx_id": "0x1234", "extra": [1, None, {"deep": b"bytes"}]}
HELLOS = {"a": Hello.a("cookie-1", HOST), "b": Hello.b(7, HOST), "c": Hello.c(7, "leader", HOST, {"gas": "1"}, 5)}
PNG = (ROOT / "tests/data/images/receipt.png").read_bytes()
OPTIONS = Options(timeout=60.0)


def setUpModule():
    if bin_dir() is None:
        raise unittest.SkipTest("the programs are not built: `make build` or `make test` builds them; GVM_E2E_BIN names their folder")


class WithModules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = temp_folder(cls.__name__)
        cls.upstream = Upstream(cls.folder.name)
        cls.addClassCleanup(cls.upstream.stop)
        cls.llm = cls.start("llm", llm_config(cls.upstream))
        cls.web = cls.start("web", WEB_CONFIG)
        cls.site = Site()
        cls.addClassCleanup(cls.site.stop)

    @classmethod
    def start(cls, kind, more, bind=0):
        module = Module(kind, cls.folder.name, more, bind)
        cls.addClassCleanup(module.kill)
        return module

    def clients(self, module):
        """(generation, client): each generation over both framings."""
        for hello in HELLOS.values():
            for scheme in ("ws", "tcp"):
                with Client(f"{scheme}://127.0.0.1:{module.port}", hello, OPTIONS) as client:
                    yield hello.generation, client


class Llm(WithModules):
    def test_prompts_and_templates_of_every_generation(self):
        for _, client in self.clients(self.llm):
            answer = client.prompt("capital?")
            self.assertEqual(answer.data, 'mock answers "capital?". The end.')
            self.assertGreaterEqual(answer.consumed_gen, 0)
            self.assertIs(client.prompt_json("an object").data["result"], True)
            self.assertIs(client.eq_comparative("a", "a", "same").data, True)
            self.assertIn("answers", client.eq_non_comparative_leader("task", "criteria", "input").data)
            self.assertIs(client.eq_non_comparative_validator("task", "criteria", "input", "output").data, True)

    def test_texts_arrive_as_they_were_sent(self):
        text = "é漢😀 and \\ end"
        with Client(f"ws://127.0.0.1:{self.llm.port}", HELLOS["b"], OPTIONS) as client:
            self.assertIn(text, client.prompt(text).data)

    def test_images(self):
        for _, client in self.clients(self.llm):
            self.assertIn("what", client.prompt("what is it?", [PNG]).data)
            with self.assertRaises(UserError) as caught:
                client.prompt("x", [b"no image"])
            self.assertEqual(caught.exception.causes, ("INVALID_IMAGE",))
            with self.assertRaises(UserError) as caught:
                client.prompt("x", [PNG] * 3)
            self.assertEqual(caught.exception.causes, ("TOO_MANY_IMAGES",))

    def test_errors_of_every_generation(self):
        for _, client in self.clients(self.web):  # which knows no prompts
            with self.assertRaises(FatalError) as caught:
                client.prompt("x")
            self.assertEqual((caught.exception.code, caught.exception.readable), ("MALFORMED_REQUEST", True))
            self.assertIn("Prompt", caught.exception.detail)

    def test_stats_count_this_session(self):
        for _, client in self.clients(self.llm):
            client.prompt("x")
            self.assertEqual(client.stats()["requests"], 1)

    def test_status(self):
        address = f"tcp://127.0.0.1:{self.llm.port}"
        with Client(address, HELLOS["b"], OPTIONS) as client:
            health = client.health()
            self.assertTrue(health.serving)
            self.assertEqual(health.fields["program"], "genvm-llm")
            client.prompt("x")
            calls = [sample for sample in client.metrics() if sample.name == "genvm_llm_calls_total"]
            self.assertTrue(any(sample.value > 0 and sample.labels["model"] == "m" for sample in calls), calls)

    def test_a_slow_answer_past_the_deadline_is_not_the_next_ones(self):
        for _, client in self.clients(self.llm):
            start = time.monotonic()
            with self.assertRaises(DeadlineExceeded):
                client.prompt("slow", timeout=0.3)
            self.assertLess(time.monotonic() - start, 2.5)
            self.assertEqual(client.prompt("quick").data, 'mock answers "quick". The end.')

    def test_a_large_prompt_passes_and_one_over_the_limit_closes_with_1009(self):
        with Client(f"ws://127.0.0.1:{self.llm.port}", HELLOS["b"], OPTIONS) as client:
            self.assertIn("aaa", client.prompt("a" * (5 << 20)).data)
            with self.assertRaises(ConnectionLost) as caught:
                client.prompt("a" * (33 << 20))
            if isinstance(caught.exception, SessionClosed):
                self.assertEqual(caught.exception.close_code, 1009)
            self.assertIn("again", client.prompt("again").data)

    def test_a_unix_socket(self):
        path = f"{self.folder.name}/llm.sock"
        self.start("llm", llm_config(self.upstream), f"unix://{path}")
        with Client(f"unix://{path}", HELLOS["c"], OPTIONS) as client:
            self.assertIn("hello", client.prompt("hello").data)
            self.assertTrue(client.health().serving)


class Hellos(WithModules):
    def refused(self, fields):
        hello = Hello(Generation.B, fields)
        with Client(f"ws://127.0.0.1:{self.llm.port}", hello, OPTIONS) as client:
            with self.assertRaises(SessionClosed) as caught:
                client.prompt("x")
            self.assertEqual(caught.exception.close_code, 1002)
            self.assertTrue(caught.exception.permanent)
        with Client(f"tcp://127.0.0.1:{self.llm.port}", hello, OPTIONS) as client:
            with self.assertRaises((FatalError, ConnectionLost)):
                client.prompt("x")

    def test_wrong_hellos_are_refused_in_both_framings(self):
        for fields in ({}, {"genvm_id": "7", "host_data": {}}, {"genvm_id": 7}, {"cookie": 1, "host_data": {}}, {"genvm_id": 7, "role": "x", "host_data": {}}):
            with self.subTest(fields):
                self.refused(fields)

    def test_the_client_refuses_what_cannot_be_sent(self):
        with self.assertRaises(ValueError):
            Hello.b(7, {"number": 1.5})
        with self.assertRaises(ValueError):
            Hello.c(7, "observer")


class Web(WithModules):
    def test_requests_of_every_generation(self):
        for generation, client in self.clients(self.web):
            limit = 1 << 20 if generation is Generation.C else None
            response = client.request("GET", self.site.url + "/", size_limit=limit)
            self.assertEqual((response.status, response.body), (200, Site.PAGE))
            self.assertEqual(response.headers["content-type"], b"text/html; charset=utf-8")
            self.assertEqual(client.request("GET", self.site.url + "/missing").status, 404)
            body = bytes(range(256))
            response = client.request("POST", self.site.url + "/", {"x-own": b"value"}, body)
            self.assertEqual((response.status, response.body), (201, body[::-1] + b"value"))

    def test_pages_of_every_generation(self):
        for _, client in self.clients(self.web):
            self.assertIn("Prices", client.render_text(self.site.url + "/", wait_after_loaded="1ms"))
            self.assertIn("<h1>", client.render_text(self.site.url + "/", html=True))

    def test_a_screenshot_is_a_png(self):
        if not pathlib.Path("/usr/lib/chromium").exists():
            self.skipTest("Chromium is not installed")
        web = self.start("web", 'always_allow_hosts: ["127.0.0.1"]\nbrowser: {min_warm: 0}\n')
        with Client(f"ws://127.0.0.1:{web.port}", HELLOS["b"], OPTIONS) as client:
            self.assertGreater(len(client.screenshot(self.site.url + "/")), 1000)

    def test_refusals_name_what_was_wrong(self):
        cases = (
            ("http://10.0.0.1/", "ADDRESS_FORBIDDEN", "url"),
            ("http://example.com:22/", "PORT_FORBIDDEN", "port"),
            ("ftp://example.com/", "SCHEMA_FORBIDDEN", "schema"),
            ("no url", "MALFORMED_URL", "url"),
        )
        for _, client in self.clients(self.web):
            for url, code, field in cases:
                with self.assertRaises(UserError) as caught:
                    client.request("GET", url)
                self.assertEqual(caught.exception.causes, (code,))
                self.assertIn(field, caught.exception.ctx)

    def test_a_size_limit_is_kept(self):
        with Client(f"tcp://127.0.0.1:{self.web.port}", HELLOS["c"], OPTIONS) as client:
            with self.assertRaises(UserError):
                client.request("GET", self.site.url + "/", size_limit=10)


class Codec(WithModules):
    """Our codec against the module's, on the wire."""

    def ask_raw(self, connection, frame):
        connection.sendall(struct.pack(">I", len(frame)) + frame)
        length = struct.unpack(">I", self.exactly(connection, 4))[0]
        return calldata.decode(self.exactly(connection, length))

    @staticmethod
    def exactly(connection, count):
        out = b""
        while len(out) < count:
            more = connection.recv(count - len(out))
            if not more:
                raise AssertionError("the module closed the connection")
            out += more
        return out

    def session(self):
        connection = socket.create_connection(("127.0.0.1", self.llm.port), timeout=60)
        self.addCleanup(connection.close)
        hello = HELLOS["c"].encoded()
        connection.sendall(struct.pack(">I", len(hello)) + hello)
        return connection

    def test_the_module_refuses_what_we_refuse(self):
        connection = self.session()
        for vector in VECTORS["malformed"]:
            with self.subTest(vector["what"]):
                reply = self.ask_raw(connection, bytes.fromhex(vector["hex"]))
                self.assertIn('"MALFORMED_CALLDATA"', reply["FatalError"])

    def test_the_module_reads_what_we_write(self):
        # An unknown request: only what is valid calldata gets as far as being unknown.
        connection = self.session()
        source = random.Random(4)
        for _ in range(500):
            reply = self.ask_raw(connection, calldata.encode({"Unknown": random_value(source)}))
            self.assertIn('"MALFORMED_REQUEST"', reply["FatalError"])

    def test_both_judge_changed_bytes_alike(self):
        connection = self.session()
        source = random.Random(5)
        judged = [0, 0]
        for _ in range(1000):
            frame = bytearray(calldata.encode({"Unknown": random_value(source)}))
            frame[source.randrange(len(frame))] = source.randrange(256)
            try:
                calldata.decode(bytes(frame))
                expected = '"MALFORMED_REQUEST"'
            except ValueError:
                expected = '"MALFORMED_CALLDATA"'
            judged[expected == '"MALFORMED_REQUEST"'] += 1
            self.assertIn(expected, self.ask_raw(connection, bytes(frame))["FatalError"], bytes(frame).hex())
        self.assertGreater(min(judged), 50)


class Restarts(WithModules):
    def test_a_kill_is_a_lost_connection_and_the_next_call_comes_back(self):
        port = free_port()
        module = self.start("llm", llm_config(self.upstream), port)
        options = Options(timeout=60.0, backoff=Backoff(initial=0.05, maximum=0.5, attempts=200))
        with Client(f"ws://127.0.0.1:{port}", HELLOS["b"], options) as client:
            client.prompt("x")
            killer = threading.Timer(0.5, module.kill)
            killer.start()
            with self.assertRaises(ConnectionLost) as caught:
                client.prompt("slow")
            self.assertTrue(caught.exception.maybe_executed)
            killer.join()
            again = []
            starter = threading.Timer(0.5, lambda: again.append(self.start("llm", llm_config(self.upstream), port)))
            starter.start()
            self.assertIn("back", client.prompt("back").data)
            starter.join()

    def test_a_call_is_repeated_over_a_restart_when_asked_for(self):
        port = free_port()
        module = self.start("llm", llm_config(self.upstream), port)
        options = Options(timeout=60.0, backoff=Backoff(initial=0.05, maximum=0.5, attempts=200), resend_lost=True)
        with Client(f"ws://127.0.0.1:{port}", HELLOS["b"], options) as client:
            client.prompt("x")

            def restart():
                module.kill()
                self.start("llm", llm_config(self.upstream), port)

            restarter = threading.Timer(0.5, restart)
            restarter.start()
            self.assertIn("slow one", client.prompt("slow one").data)
            restarter.join()

    def test_a_graceful_stop_answers_what_was_asked(self):
        module = self.start("llm", llm_config(self.upstream))
        with Client(f"ws://127.0.0.1:{module.port}", HELLOS["b"], Options(timeout=30.0, backoff=Backoff(attempts=1))) as client:
            stopper = threading.Timer(0.5, module.stop)
            stopper.start()
            self.assertIn("slow", client.prompt("slow").data)
            stopper.join()
            with self.assertRaises(ConnectError) as caught:
                client.prompt("x")
            self.assertFalse(caught.exception.maybe_executed)

    def test_a_frozen_module_ends_at_the_deadline(self):
        module = self.start("llm", llm_config(self.upstream))
        with Client(f"ws://127.0.0.1:{module.port}", HELLOS["b"], OPTIONS) as client:
            client.prompt("x")
            module.pause()
            try:
                with self.assertRaises(DeadlineExceeded):
                    client.prompt("x", timeout=0.5)
            finally:
                module.go_on()
            self.assertIn("after", client.prompt("after").data)

    def test_nothing_listening_is_said_at_once(self):
        options = Options(timeout=10.0, backoff=Backoff(initial=0.01, attempts=3))
        with Client(f"ws://127.0.0.1:{free_port()}", HELLOS["b"], options) as client:
            with self.assertRaises(ConnectError):
                client.prompt("x")
        with Client("ws://127.0.0.1:1", HELLOS["b"], Options(timeout=0.2, backoff=Backoff(initial=5.0))) as client:
            with self.assertRaises(DeadlineExceeded) as caught:
                client.prompt("x")
            self.assertFalse(caught.exception.maybe_executed)


class Asynchronous(WithModules):
    def run_async(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, 100))

    def test_pipelined_prompts_get_their_own_answers(self):
        async def ask():
            async with AsyncClient(f"ws://127.0.0.1:{self.llm.port}", HELLOS["b"], OPTIONS) as client:
                answers = await asyncio.gather(*(client.prompt(f"number {i}") for i in range(50)))
                self.assertEqual([a.data for a in answers], [f'mock answers "number {i}". The end.' for i in range(50)])

        self.run_async(ask())

    def test_every_request_of_every_generation(self):
        async def ask(hello):
            async with AsyncClient(f"tcp://127.0.0.1:{self.llm.port}", hello, OPTIONS) as client:
                self.assertIs((await client.prompt_json("an object", [PNG])).data["result"], True)
                self.assertIs((await client.eq_comparative("a", "a", "same")).data, True)
                self.assertIn("answers", (await client.eq_non_comparative_leader("t", "c", "i")).data)
                self.assertIs((await client.eq_non_comparative_validator("t", "c", "i", "o")).data, True)
                self.assertEqual((await client.stats())["requests"], 4)
                self.assertTrue((await client.health()).serving)
                self.assertTrue(await client.metrics())
            async with AsyncClient(f"ws://127.0.0.1:{self.web.port}", hello, OPTIONS) as client:
                self.assertEqual((await client.request("GET", self.site.url + "/")).body, Site.PAGE)
                self.assertIn("Prices", await client.render_text(self.site.url + "/"))
                with self.assertRaises(UserError):
                    await client.request("GET", "http://10.0.0.1/")

        for hello in HELLOS.values():
            self.run_async(ask(hello))

    def test_a_cancelled_call_shifts_no_answer(self):
        async def ask():
            async with AsyncClient(f"ws://127.0.0.1:{self.llm.port}", HELLOS["b"], OPTIONS) as client:
                slow = asyncio.create_task(client.prompt("slow"))
                quick = asyncio.create_task(client.prompt("quick"))
                await asyncio.sleep(0.3)
                slow.cancel()
                self.assertEqual((await quick).data, 'mock answers "quick". The end.')

        self.run_async(ask())

    def test_a_kill_reaches_everybody_and_the_next_call_comes_back(self):
        async def ask():
            port = free_port()
            module = self.start("llm", llm_config(self.upstream), port)
            options = Options(timeout=60.0, backoff=Backoff(initial=0.05, maximum=0.5, attempts=200))
            async with AsyncClient(f"ws://127.0.0.1:{port}", HELLOS["b"], options) as client:
                await client.prompt("x")
                calls = [asyncio.create_task(client.prompt("slow")) for _ in range(3)]
                await asyncio.sleep(0.3)
                module.kill()
                for result in await asyncio.gather(*calls, return_exceptions=True):
                    self.assertIsInstance(result, ConnectionLost)
                back = asyncio.create_task(client.prompt("back"))
                await asyncio.sleep(0.3)
                await asyncio.get_running_loop().run_in_executor(None, self.start, "llm", llm_config(self.upstream), port)
                self.assertIn("back", (await back).data)

        self.run_async(ask())


if __name__ == "__main__":
    unittest.main()
