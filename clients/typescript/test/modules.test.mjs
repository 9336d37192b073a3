// Against the real modules: every request, wrong hellos, deadlines, kills and restarts.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Client, ConnectError, ConnectionLost, DeadlineExceeded, FatalError, Hello, ProtocolError, SessionClosed, UserError } from '../dist/index.js';
import { binDir, freePort, HELLOS, PAGE, pause, ROOT, Stage } from './support.mjs';

const skip = binDir() === undefined && 'the programs are not built: `make build` or `make test` builds them; GVM_E2E_BIN names their folder';
const OPTIONS = { timeoutMs: 60_000 };
const PATIENT = { timeoutMs: 60_000, backoff: { initialMs: 50, maximumMs: 500, attempts: 200 } };

describe('real modules', { skip }, () => {
  const stage = new Stage();
  let upstream, llm, web, site;

  before(async () => {
    upstream = await stage.upstream();
    [llm, web, site] = await Promise.all([stage.llm(upstream), stage.web(), stage.site()]);
  });
  after(() => stage.end());

  function open(port, hello, options = OPTIONS, scheme = 'ws') {
    const client = new Client(`${scheme}://127.0.0.1:${port}`, hello, options);
    stage.cleanup(() => client.close());
    return client;
  }

  async function everyKind(port, ask) {
    for (const [name, hello] of Object.entries(HELLOS)) {
      for (const scheme of ['ws', 'tcp']) {
        const client = open(port, hello, OPTIONS, scheme);
        await ask(client, name);
        client.close();
      }
    }
  }

  test('prompts and templates of every generation', () =>
    everyKind(llm.port, async (client) => {
      const answer = await client.prompt('capital?');
      assert.equal(answer.data, 'mock answers "capital?". The end.');
      assert.equal(typeof answer.consumedGen, 'bigint');
      assert.equal((await client.promptJson('an object')).data.get('result'), true);
      assert.equal((await client.eqComparative('a', 'a', 'same')).data, true);
      assert.match((await client.eqNonComparativeLeader('task', 'criteria', 'input')).data, /answers/);
      assert.equal((await client.eqNonComparativeValidator('task', 'criteria', 'input', 'output')).data, true);
      assert.equal((await client.stats()).get('requests'), 5n);
    }));

  test('texts arrive as they were sent', async () => {
    const text = 'é漢😀 and \\ end';
    assert.ok((await open(llm.port, HELLOS.b).prompt(text)).data.includes(text));
  });

  test('images', () =>
    everyKind(llm.port, async (client) => {
      const png = fs.readFileSync(`${ROOT}/tests/data/images/receipt.png`);
      assert.match((await client.prompt('what is it?', { images: [png] })).data, /what/);
      await assert.rejects(client.prompt('x', { images: [Buffer.from('none')] }), (e) => e instanceof UserError && e.causes.join() === 'INVALID_IMAGE');
      await assert.rejects(client.prompt('x', { images: [png, png, png] }), (e) => e instanceof UserError && e.code === 'TOO_MANY_IMAGES');
    }));

  test('fatal errors of every generation', () =>
    everyKind(web.port, async (client) => {
      await assert.rejects(client.prompt('x'), (e) => e instanceof FatalError && e.readable && e.code === 'MALFORMED_REQUEST' && e.detail.includes('Prompt'));
    }));

  test('status', async () => {
    const client = open(llm.port, HELLOS.b, OPTIONS, 'tcp');
    const health = await client.health();
    assert.deepEqual([health.serving, health.fields.program], [true, 'genvm-llm']);
    await client.prompt('x');
    const calls = (await client.metrics()).filter(({ name }) => name === 'genvm_llm_calls_total');
    assert.ok(calls.some(({ value, labels }) => value > 0 && labels.get('model') === 'm'));
  });

  test('a Unix socket', async () => {
    const path = `${stage.folder}/llm.sock`;
    await stage.llm(upstream, `unix://${path}`);
    const client = new Client(`unix://${path}`, HELLOS.c, OPTIONS);
    assert.match((await client.prompt('hello')).data, /hello/);
    assert.equal((await client.health()).serving, true);
    client.close();
  });

  test('wrong hellos are refused in both framings', async () => {
    for (const fields of [{}, { genvm_id: '7', host_data: {} }, { genvm_id: 7 }, { genvm_id: 7, role: 'x', host_data: {} }]) {
      const hello = new Hello('b', fields);
      await assert.rejects(open(llm.port, hello).prompt('x'), (e) => e instanceof SessionClosed && e.closeCode === 1002 && e.permanent);
      await assert.rejects(open(llm.port, hello, OPTIONS, 'tcp').prompt('x'), (e) =>
        e instanceof FatalError || e instanceof ConnectionLost || (e instanceof ProtocolError && e.message.includes('MALFORMED_HELLO')));
    }
  });

  test('requests and pages of every generation', () =>
    everyKind(web.port, async (client, generation) => {
      const response = await client.request('GET', `${site}/`, generation === 'c' ? { sizeLimit: 1 << 20 } : {});
      assert.equal(response.status, 200);
      assert.equal(Buffer.from(response.body).toString(), PAGE);
      assert.equal(Buffer.from(response.headers.get('content-type')).toString(), 'text/html; charset=utf-8');
      assert.equal((await client.request('GET', `${site}/missing`)).status, 404);
      const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      assert.deepEqual(Buffer.from((await client.request('POST', `${site}/`, { body })).body), Buffer.from(body).reverse());
      assert.match(await client.renderText(`${site}/`, { waitAfterLoaded: '1ms' }), /Prices/);
      assert.match(await client.renderHtml(`${site}/`), /<h1>/);
    }));

  test('refusals name what was wrong', () =>
    everyKind(web.port, async (client) => {
      for (const [url, code, field] of [['http://10.0.0.1/', 'ADDRESS_FORBIDDEN', 'url'], ['http://example.com:22/', 'PORT_FORBIDDEN', 'port'], ['no url', 'MALFORMED_URL', 'url']]) {
        await assert.rejects(client.request('GET', url), (e) => e instanceof UserError && e.code === code && e.ctx.has(field));
      }
    }));

  test('pipelined prompts get their own answers', async () => {
    const client = open(llm.port, HELLOS.b);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.prompt(`number ${i}`)));
    answers.forEach(({ data }, i) => assert.equal(data, `mock answers "number ${i}". The end.`));
  });

  test('a slow answer past the deadline is not the next one', () =>
    everyKind(llm.port, async (client) => {
      const start = performance.now();
      await assert.rejects(client.prompt('slow', { timeoutMs: 300 }), DeadlineExceeded);
      assert.ok(performance.now() - start < 2500);
      assert.equal((await client.prompt('quick')).data, 'mock answers "quick". The end.');
    }));

  test('a message over the limit ends the session and the next call comes back', async () => {
    const client = open(llm.port, HELLOS.b);
    await assert.rejects(client.prompt('a'.repeat(33 << 20)), ConnectionLost);
    assert.match((await client.prompt('again')).data, /again/);
  });

  test('a kill reaches everybody and the next call comes back', async () => {
    const port = await freePort();
    const module = await stage.llm(upstream, `127.0.0.1:${port}`);
    const client = open(port, HELLOS.b, PATIENT);
    await client.prompt('x');
    const calls = Promise.allSettled([client.prompt('slow'), client.prompt('slow')]);
    await pause(300);
    await module.end('SIGKILL');
    for (const { reason } of await calls) assert.ok(reason instanceof ConnectionLost && reason.maybeExecuted, String(reason));
    const back = client.prompt('back');
    await pause(300);
    await stage.llm(upstream, `127.0.0.1:${port}`);
    assert.match((await back).data, /back/);
  });

  test('a call is repeated over a restart when asked for', async () => {
    const port = await freePort();
    const module = await stage.llm(upstream, `127.0.0.1:${port}`);
    const client = open(port, HELLOS.b, { ...PATIENT, resendLost: true });
    await client.prompt('x');
    const slow = client.prompt('slow one');
    await pause(300);
    await module.end('SIGKILL');
    await stage.llm(upstream, `127.0.0.1:${port}`);
    assert.match((await slow).data, /slow one/);
  });

  test('a graceful stop answers what was asked', async () => {
    const module = await stage.llm(upstream);
    const client = open(module.port, HELLOS.b, { timeoutMs: 30_000, backoff: { attempts: 1 } });
    await client.prompt('x');
    const slow = client.prompt('slow');
    await pause(300);
    const stopped = module.end('SIGTERM');
    assert.match((await slow).data, /slow/);
    await stopped;
    await assert.rejects(client.prompt('x'), (e) => e instanceof ConnectError && !e.maybeExecuted);
  });

  test('a frozen module ends at the deadline', async () => {
    const module = await stage.llm(upstream);
    const client = open(module.port, HELLOS.b);
    await client.prompt('x');
    await module.pause();
    await assert.rejects(client.prompt('x', { timeoutMs: 500 }), DeadlineExceeded);
    module.signal('SIGCONT');
    assert.match((await client.prompt('after')).data, /after/);
  });

  test('nothing listening is said at once', async () => {
    await assert.rejects(open(await freePort(), HELLOS.b, { backoff: { initialMs: 10, attempts: 3 } }).prompt('x'), ConnectError);
    const impatient = open(await freePort(), HELLOS.b, { timeoutMs: 200, backoff: { initialMs: 5000 } });
    await assert.rejects(impatient.prompt('x'), (e) => e instanceof DeadlineExceeded && !e.maybeExecuted);
  });
});
