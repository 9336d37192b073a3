"""Modules that ask for a token, and that speak TLS: what is shown, what is trusted, and what is not tried again."""

import asyncio
import dataclasses
import unittest

from genvm_client import AsyncClient, Client, ConnectError, FatalError, Hello, Options, SessionClosed, status
from genvm_client.options import Address

from .modules import Module, Upstream, bin_dir, llm_config, make_certificates, temp_folder

TOKEN = "a-token-of-these-tests-1"
HELLO = Hello.b(7)
OPTIONS = Options(timeout=60.0)


class Offline(unittest.TestCase):
    def test_the_token_is_in_no_text_of_the_options(self):
        self.assertNotIn(TOKEN, repr(Options(token=TOKEN)))

    def test_options_that_cannot_work_are_refused_at_once(self):
        with self.assertRaises(ValueError):
            Options(token="with a space in it")
        with self.assertRaises(ValueError):
            Options(token="two\r\nlines: of a header")
        with self.assertRaises(ValueError):
            Options(key_file="/k")
        with self.assertRaises(OSError):
            Client("wss://localhost:1", HELLO, Options(ca_file="/no/such/file"))

    def test_addresses_under_tls(self):
        self.assertTrue(Address.parse("tls://host:3031").tls)
        self.assertFalse(Address.parse("tls://host:3031").websocket)
        self.assertTrue(Address.parse("wss://host").tls)
        self.assertFalse(Address.parse("tcp://host:1").tls)
        with self.assertRaises(ValueError):
            Address.parse("tls://host")


class WithModule(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if bin_dir() is None:
            raise unittest.SkipTest("the programs are not built: GVM_E2E_BIN names their folder")
        cls.folder = temp_folder(cls.__name__)
        cls.upstream = Upstream(cls.folder.name)
        cls.addClassCleanup(cls.upstream.stop)

    @classmethod
    def start(cls, more):
        module = Module("llm", cls.folder.name, llm_config(cls.upstream) + more)
        cls.addClassCleanup(module.kill)
        return module

    def ask(self, address, options):
        with Client(address, HELLO, options) as client:
            blocking = client.prompt("x").data
            self.assertTrue(client.health().serving)
            self.assertTrue(client.metrics())

        async def asked():
            async with AsyncClient(address, HELLO, options) as other:
                return (await other.prompt("x")).data

        self.assertEqual(asyncio.run(asked()), blocking)
        return blocking

    def refused(self, address, options):
        """The error of both clients."""
        with Client(address, HELLO, options) as client, self.assertRaises(Exception) as blocking:
            client.prompt("x")

        async def asked():
            async with AsyncClient(address, HELLO, options) as other:
                await other.prompt("x")

        with self.assertRaises(type(blocking.exception)):
            asyncio.run(asked())
        return blocking.exception


class Token(WithModule):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.module = cls.start("serve: {peers: {tokens: [" + TOKEN + "]}}\n")

    def address(self, scheme):
        return f"{scheme}://127.0.0.1:{self.module.port}"

    def test_opens_a_session_of_either_framing(self):
        for scheme in ("ws", "tcp"):
            self.assertIn("mock answers", self.ask(self.address(scheme), Options(timeout=60.0, token=TOKEN)))

    def test_that_is_wrong_or_missing_is_told_at_once(self):
        wrong = dataclasses.replace(OPTIONS, token="another-token-of-these-tests")
        error = self.refused(self.address("ws"), wrong)
        self.assertIsInstance(error, ConnectError)
        self.assertEqual((error.status, error.permanent), (401, True))
        error = self.refused(self.address("ws"), OPTIONS)
        self.assertIsInstance(error, SessionClosed)
        self.assertEqual(error.close_code, 1008)
        for options in (wrong, OPTIONS):
            error = self.refused(self.address("tcp"), options)
            self.assertIsInstance(error, FatalError)
            self.assertEqual(error.code, "UNAUTHORIZED")
            self.assertNotIn("another-token", str(error))


class Tls(WithModule):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = make_certificates(cls.folder.name)
        own = f"certificate: {cls.files['server']}, key: {cls.files['server_key']}"
        cls.open = cls.start("serve: {tls: {" + own + "}}\n")
        cls.mutual = cls.start("serve: {tls: {" + own + f", client_ca: {cls.files['ca']}" + "}, peers: {tokens: [" + TOKEN + "]}}\n")
        cls.trusting = Options(timeout=60.0, ca_file=cls.files["ca"])

    def test_carries_both_framings_and_the_pages(self):
        for scheme in ("wss", "tls"):
            self.assertIn("mock answers", self.ask(f"{scheme}://localhost:{self.open.port}", self.trusting))

    def test_a_certificate_that_is_not_trusted_is_not_tried_again(self):
        for scheme in ("wss", "tls"):
            error = self.refused(f"{scheme}://localhost:{self.open.port}", OPTIONS)
            self.assertIsInstance(error, ConnectError)
            self.assertTrue(error.permanent)
            self.assertIn("ca_file", str(error))
        with self.assertRaises(ConnectError):
            status.health(f"wss://localhost:{self.open.port}")
        # The right authority, but a name that is not in the certificate.
        self.assertTrue(self.refused(f"wss://127.0.0.1:{self.open.port}", self.trusting).permanent)

    def test_a_certificate_and_a_token_of_its_own(self):
        mine = dataclasses.replace(self.trusting, certificate_file=self.files["client"], key_file=self.files["client_key"], token=TOKEN)
        for scheme in ("wss", "tls"):
            self.assertIn("mock answers", self.ask(f"{scheme}://localhost:{self.mutual.port}", mine))
            with Client(f"{scheme}://localhost:{self.mutual.port}", HELLO, dataclasses.replace(self.trusting, timeout=5.0)) as client:
                with self.assertRaises(Exception):
                    client.prompt("x")

    def test_plain_text_to_a_port_with_tls_is_told(self):
        error = self.refused(f"tcp://127.0.0.1:{self.open.port}", OPTIONS)
        self.assertIsInstance(error, FatalError)
        self.assertEqual(error.code, "TLS_NEEDED")
        error = self.refused(f"ws://127.0.0.1:{self.open.port}", OPTIONS)
        self.assertIsInstance(error, ConnectError)
        self.assertEqual(error.status, 400)
