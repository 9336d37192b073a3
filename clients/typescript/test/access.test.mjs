// Modules that ask for a token, and that speak TLS: what is shown, what is trusted, and what is not tried again.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Client, ConnectError, FatalError, Hello, SessionClosed } from '../dist/index.js';
import { binDir, Stage } from './support.mjs';

const skip = binDir() === undefined && 'the programs are not built: `make build` or `make test` builds them; GVM_E2E_BIN names their folder';
const TOKEN = 'a-token-of-these-tests-1';
const OPTIONS = { timeoutMs: 60_000 };
const HELLO = Hello.b(7);

test('a token that is no header is refused at once', () => {
  assert.throws(() => new Client('ws://127.0.0.1:1', HELLO, { token: 'two\r\nlines: of a header' }), RangeError);
  assert.throws(() => new Client('tls://127.0.0.1', HELLO), RangeError);
});

describe('real modules', { skip }, () => {
  const stage = new Stage();
  let tokens, open, mutual, files, trusting;

  before(async () => {
    const upstream = await stage.upstream();
    files = stage.certificates();
    trusting = { ...OPTIONS, tls: { ca: fs.readFileSync(files.ca) } };
    const own = `certificate: ${files.server}, key: ${files.serverKey}`;
    [tokens, open, mutual] = await Promise.all([
      stage.llm(upstream, undefined, `serve: {peers: {tokens: [${TOKEN}]}}\n`),
      stage.llm(upstream, undefined, `serve: {tls: {${own}}}\n`),
      stage.llm(upstream, undefined, `serve: {tls: {${own}, client_ca: ${files.ca}}, peers: {tokens: [${TOKEN}]}}\n`),
    ]);
  });
  after(() => stage.end());

  async function ask(address, options) {
    const client = new Client(address, HELLO, options);
    try {
      assert.equal((await client.health()).serving, true);
      return (await client.prompt('x')).data;
    } finally {
      client.close();
    }
  }

  async function refused(address, options) {
    const client = new Client(address, HELLO, options);
    try {
      await client.prompt('x');
    } catch (error) {
      return error;
    } finally {
      client.close();
    }
    throw new Error('it was answered');
  }

  test('a token opens a session of either framing', async () => {
    for (const scheme of ['ws', 'tcp']) assert.match(await ask(`${scheme}://127.0.0.1:${tokens.port}`, { ...OPTIONS, token: TOKEN }), /mock answers/);
  });

  test('a token that is wrong or missing is told at once', async () => {
    const wrong = { ...OPTIONS, token: 'another-token-of-these-tests' };
    const upgrade = await refused(`ws://127.0.0.1:${tokens.port}`, wrong);
    assert.ok(upgrade instanceof ConnectError && upgrade.status === 401 && upgrade.permanent);
    const hello = await refused(`ws://127.0.0.1:${tokens.port}`, OPTIONS);
    assert.ok(hello instanceof SessionClosed && hello.closeCode === 1008);
    for (const options of [wrong, OPTIONS]) {
      const framed = await refused(`tcp://127.0.0.1:${tokens.port}`, options);
      assert.ok(framed instanceof FatalError && framed.code === 'UNAUTHORIZED');
      assert.doesNotMatch(framed.message, /another-token/);
    }
  });

  test('TLS carries both framings and the pages', async () => {
    for (const scheme of ['wss', 'tls']) assert.match(await ask(`${scheme}://localhost:${open.port}`, trusting), /mock answers/);
  });

  test('a certificate that is not trusted is not tried again', async () => {
    for (const scheme of ['wss', 'tls']) {
      const error = await refused(`${scheme}://localhost:${open.port}`, OPTIONS);
      assert.ok(error instanceof ConnectError && error.permanent, String(error));
      assert.match(error.message, /not trusted/);
    }
    // The right authority, but a name that is not in the certificate.
    const named = await refused(`wss://127.0.0.1:${open.port}`, trusting);
    assert.ok(named instanceof ConnectError && named.permanent, String(named));
  });

  test('a certificate and a token of its own', async () => {
    const tls = { ...trusting.tls, cert: fs.readFileSync(files.client), key: fs.readFileSync(files.clientKey) };
    for (const scheme of ['wss', 'tls']) {
      assert.match(await ask(`${scheme}://localhost:${mutual.port}`, { ...OPTIONS, tls, token: TOKEN }), /mock answers/);
      await assert.rejects(ask(`${scheme}://localhost:${mutual.port}`, { ...trusting, timeoutMs: 5000 }));
    }
  });

  test('plain text to a port with TLS is told', async () => {
    const framed = await refused(`tcp://127.0.0.1:${open.port}`, OPTIONS);
    assert.ok(framed instanceof FatalError && framed.code === 'TLS_NEEDED', String(framed));
    const upgrade = await refused(`ws://127.0.0.1:${open.port}`, OPTIONS);
    assert.ok(upgrade instanceof ConnectError && upgrade.status === 400, String(upgrade));
  });
});
