// What no module sends: halves, wrong handshakes, wrong shapes, replies too many. None of it may become an answer.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  Aborted,
  BudgetExhausted,
  calldata,
  Client,
  ConnectError,
  ConnectionLost,
  DeadlineExceeded,
  FatalError,
  ProtocolError,
  SessionClosed,
  UserError,
} from '../dist/index.js';
import { framed, HELLOS, pause, Stage, ws } from './support.mjs';

const stage = new Stage();
after(() => stage.end());

const QUICK = { timeoutMs: 5000, backoff: { initialMs: 5, maximumMs: 10, attempts: 3 } };
const ANSWER = { Ok: { data: 'yes', consumed_gen: 3 } };

async function clientOf(script, { scheme = 'tcp', hello = HELLOS.b, options = {} } = {}) {
  const server = await stage.falseModule(script, scheme);
  const client = new Client(server.address, hello, { ...QUICK, ...options });
  stage.cleanup(() => client.close());
  return Object.assign(client, { connections: server.connections });
}

/** Answers the requests of each connection in turn. */
function replies(...answers) {
  return async (peer) => {
    await peer.read(); // the hello
    for (const answer of answers) {
      await peer.read();
      peer.send(answer instanceof Uint8Array ? answer : framed(answer));
    }
  };
}

function wsReplies(...parts) {
  return async (peer) => {
    await peer.upgrade();
    await peer.readWs();
    await peer.readWs();
    for (const part of parts) {
      peer.send(part);
      await pause(5);
    }
    await peer.exactly(1 << 20);
  };
}

async function refused(reply, ask = (c) => c.prompt('x'), hello = HELLOS.b) {
  const client = await clientOf(replies(reply), { hello });
  await assert.rejects(ask(client), ProtocolError, JSON.stringify(reply, (_, v) => (typeof v === 'bigint' ? `${v}` : v))?.slice(0, 200));
}

test('the right shape is an answer', async () => {
  const answer = await (await clientOf(replies(ANSWER))).prompt('x');
  assert.deepEqual(answer, { data: 'yes', consumedGen: 3n });
});

test('wrong shapes are refused', async () => {
  const shapes = [
    null,
    'Ok',
    {},
    { Ok: 'yes' },
    { Ok: { data: 'yes' } },
    { Ok: { data: 'yes', consumed_gen: -1 } },
    { Ok: { data: 'yes', consumed_gen: true } },
    { Ok: { data: Buffer.from('yes'), consumed_gen: 0 } },
    { Ok: { data: true, consumed_gen: 0 } },
    { Ok: { data: {}, consumed_gen: 0 } },
    { Ok: { data: 'yes', consumed_gen: 0 }, UserError: { causes: [], ctx: {} } },
    { UserError: { causes: 'X', ctx: {} } },
    { UserError: { causes: ['X'] } },
    { UserError: 'X' },
    { FatalError: Buffer.from('X') },
    { Other: { data: 'yes', consumed_gen: 0 } },
  ];
  for (const shape of shapes) await refused(shape);
});

test('the answer to another kind of request is refused', async () => {
  await refused(ANSWER, (c) => c.eqComparative('a', 'b', 'c'));
  await refused({ Ok: { data: 1, consumed_gen: 0 } }, (c) => c.eqNonComparativeValidator('a', 'b', 'c', 'd'));
  await refused(ANSWER, (c) => c.promptJson('x'));
  await refused(ANSWER, (c) => c.request('GET', 'http://a.example/'));
  await refused({ Ok: { image: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') } }, (c) => c.renderText('http://a.example/'));
  await refused({ Ok: { image: Buffer.from('GIF89a') } }, (c) => c.screenshot('http://a.example/'));
  await refused({ Ok: { text: 'x' } }, (c) => c.screenshot('http://a.example/'));
});

test('a web answer is checked', async () => {
  const body = Buffer.alloc(0);
  for (const response of [
    { status: '200', headers: {}, body },
    { status: 20, headers: {}, body },
    { status: 200, headers: { a: 'text' }, body },
    { status: 200, headers: {}, body: 'text' },
    { status: 200, headers: {} },
  ]) {
    await refused({ Ok: { response } }, (c) => c.request('GET', 'http://a.example/'));
  }
  const long = { Ok: { response: { status: 200, headers: {}, body: Buffer.alloc(11) } } };
  await refused(long, (c) => c.request('GET', 'http://a.example/', { sizeLimit: 10 }), HELLOS.c);
});

test('JSON text of generation C is read strictly', async () => {
  for (const data of ['{', '[]', '{"a":1,"a":2}', '{"a":NaN}', 'null', '{} {}']) {
    await refused({ Ok: { data, consumed_gen: 0 } }, (c) => c.promptJson('x'), HELLOS.c);
  }
  const client = await clientOf(replies({ Ok: { data: '{"a": [1, "b"]}', consumed_gen: 0 } }), { hello: HELLOS.c });
  assert.deepEqual((await client.promptJson('x')).data, new Map([['a', [1n, 'b']]]));
});

test('bytes that are not canonical are refused', async () => {
  const frame = Buffer.from(calldata.encode(ANSWER));
  for (const bytes of [Buffer.alloc(0), Buffer.concat([frame, Buffer.alloc(1)]), frame.subarray(0, -1), Buffer.from('8000', 'hex')]) {
    await refused(framed(bytes));
  }
});

test('errors keep causes and ctx', async () => {
  const client = await clientOf(replies({ UserError: { causes: ['A', 'own'], ctx: { url: 'u', detail: 'why' } } }, { FatalError: 'of no form' }));
  await assert.rejects(client.prompt('x'), (error) => {
    assert.ok(error instanceof UserError);
    assert.deepEqual([error.name, error.code, error.causes, error.ctx.get('url'), error.detail], ['UserError', 'A', ['A', 'own'], 'u', 'why']);
    return true;
  });
  await assert.rejects(client.prompt('x'), (error) => error instanceof FatalError && !error.readable && error.text === 'of no form');
});

test('an exhausted budget is no answer', async () => {
  for (const ask of [(c) => c.prompt('x'), (c) => c.eqComparative('a', 'b', 'c')]) {
    await assert.rejects(ask(await clientOf(replies({ Ok: { data: '', consumed_gen: 2n ** 256n - 1n } }))), BudgetExhausted);
  }
});

test('a half answer is never delivered, and the request not sent again', async () => {
  const whole = framed(ANSWER);
  for (const size of [0, 1, 3, 4, 5, whole.length - 1]) {
    const client = await clientOf(replies(whole.subarray(0, size)));
    await assert.rejects(client.prompt('x'), (error) => error instanceof ConnectionLost && error.maybeExecuted);
    assert.equal(client.connections(), 1);
  }
});

test('a lost request is sent again when asked for, and not for ever', async () => {
  const client = await clientOf(replies(Buffer.alloc(0)), { options: { resendLost: true } });
  await assert.rejects(client.prompt('x'), ConnectionLost);
  assert.equal(client.connections(), 3);
});

async function echo(peer) {
  await peer.read();
  for (;;) {
    const data = await peer.prompt();
    if (data.startsWith('slow')) await pause(300);
    peer.send(framed({ Ok: { data, consumed_gen: 0 } }));
  }
}

test('a late answer is not taken for the next one', async () => {
  const client = await clientOf(echo);
  await assert.rejects(client.prompt('slow', { timeoutMs: 50 }), (error) => error instanceof DeadlineExceeded && error.maybeExecuted);
  assert.equal((await client.prompt('quick')).data, 'quick');
  assert.equal(client.connections(), 2);
});

test('answers belong to their calls, also when some are given up', async () => {
  const client = await clientOf(echo);
  const texts = Array.from({ length: 100 }, (_, i) => `prompt ${i}`);
  assert.deepEqual((await Promise.all(texts.map((text) => client.prompt(text)))).map(({ data }) => data), texts);
  const abort = new AbortController();
  const [first, second, third] = [client.prompt('slow', { signal: abort.signal }), client.prompt('two'), client.prompt('slow 3', { timeoutMs: 100 })];
  const outcomes = Promise.allSettled([first, third]);
  await pause(50);
  abort.abort();
  assert.equal((await second).data, 'two');
  const [one, three] = await outcomes;
  assert.ok(one.reason instanceof Aborted && three.reason instanceof DeadlineExceeded);
  assert.equal((await client.prompt('four')).data, 'four');
});

test('everybody who waits hears that the connection is lost', async () => {
  const client = await clientOf(replies(ANSWER, framed(ANSWER).subarray(0, 6)));
  const results = await Promise.allSettled([1, 2, 3].map(() => client.prompt('x')));
  assert.equal(results[0].value.data, 'yes');
  for (const { reason } of results.slice(1)) assert.ok(reason instanceof ConnectionLost, String(reason));
});

test('a reply nobody asked for is not the answer to the next request', async () => {
  const client = await clientOf(async (peer) => {
    await peer.read();
    const data = await peer.prompt();
    peer.send(framed({ Ok: { data, consumed_gen: 0 } }));
    await pause(20);
    peer.send(framed({ Ok: { data: 'of nobody', consumed_gen: 0 } }));
    await peer.read();
  });
  for (const text of ['one', 'two', 'three']) {
    assert.equal((await client.prompt(text)).data, text);
    await pause(100);
  }
  assert.equal(client.connections(), 3);
});

test('an announced giant is refused before it is read', () => refused(Buffer.from('ffffffff', 'hex')));

test('WebSocket fragments with a ping between are one message', async () => {
  const frame = Buffer.from(calldata.encode(ANSWER));
  const parts = [ws(0x02, frame.subarray(0, 5)), ws(0x89, Buffer.from('ping')), ws(0x00, ''), ws(0x80, frame.subarray(5))];
  for (const script of [wsReplies(...parts), wsReplies(Buffer.concat(parts)), wsReplies(...[...Buffer.concat(parts)].map((b) => Buffer.from([b])))]) {
    assert.equal((await (await clientOf(script, { scheme: 'ws' })).prompt('x')).data, 'yes');
  }
});

test('WebSocket violations are refused', async () => {
  const frame = Buffer.from(calldata.encode(ANSWER));
  const violations = {
    text: [ws(0x81, frame)],
    'a reserved bit': [ws(0xc2, frame)],
    'an unknown opcode': [ws(0x83, frame)],
    'a mask': [Buffer.concat([Buffer.from([0x82, 0x80 | frame.length, 0, 0, 0, 0]), frame])],
    'a continuation of nothing': [ws(0x80, frame)],
    'a message inside another': [ws(0x02, frame.subarray(0, 5)), ws(0x82, frame.subarray(5))],
    'a control frame in fragments': [ws(0x09, '')],
    'a length that is not the shortest': [Buffer.concat([Buffer.from([0x82, 126, 0, frame.length]), frame])],
    'a giant': [Buffer.from('827f7fffffffffffffff', 'hex')],
  };
  for (const [what, parts] of Object.entries(violations)) {
    await assert.rejects((await clientOf(wsReplies(...parts), { scheme: 'ws' })).prompt('x'), ProtocolError, what);
  }
});

test('a WebSocket cut inside a frame gives no answer', async () => {
  const frame = ws(0x82, calldata.encode(ANSWER));
  for (const part of [frame.subarray(0, 1), frame.subarray(0, -1), ws(0x02, calldata.encode(ANSWER))]) {
    const script = async (peer) => {
      await peer.upgrade();
      await peer.readWs();
      await peer.readWs();
      peer.send(part);
    };
    await assert.rejects((await clientOf(script, { scheme: 'ws' })).prompt('x'), ConnectionLost);
  }
});

test('a close frame tells code and reason', async () => {
  const close = Buffer.concat([Buffer.from([1011 >> 8, 1011 & 255]), Buffer.from('limits')]);
  const client = await clientOf(wsReplies(ws(0x88, close)), { scheme: 'ws' });
  await assert.rejects(client.prompt('x'), (error) => error instanceof SessionClosed && error.closeCode === 1011 && error.reason === 'limits');
});

test('a reply that comes with the goodbye is an answer', async () => {
  const goodbye = ws(0x88, Buffer.from([1001 >> 8, 1001 & 255]));
  const client = await clientOf(wsReplies(Buffer.concat([ws(0x82, calldata.encode(ANSWER)), goodbye])), { scheme: 'ws' });
  for (let i = 0; i < 2; ++i) assert.equal((await client.prompt('x')).data, 'yes');
});

test('a session refused at once is an error at once', async () => {
  const client = await clientOf(
    async (peer) => {
      await peer.upgrade();
      await peer.readWs();
      peer.send(ws(0x88, Buffer.from([1002 >> 8, 1002 & 255])));
      await peer.exactly(1 << 20);
    },
    { scheme: 'ws' },
  );
  for (let i = 0; i < 3; ++i) await assert.rejects(client.prompt('x'), (error) => error instanceof SessionClosed && error.closeCode === 1002);
});

test('wrong handshakes are refused', async () => {
  const handshake = (how) => clientOf((peer) => peer.upgrade(how), { scheme: 'ws' });
  await assert.rejects((await handshake({ accept: 'AAAA' })).prompt('x'), ProtocolError);
  const forbidden = await handshake({ status: '403 Forbidden' });
  await assert.rejects(forbidden.prompt('x'), (error) => error instanceof ConnectError && error.status === 403);
  assert.equal(forbidden.connections(), 1);
  const busy = await handshake({ status: '503 Busy' });
  await assert.rejects(busy.prompt('x'), ConnectError);
  assert.equal(busy.connections(), 3);
  const ssh = await clientOf(async (peer) => peer.send('SSH-2.0-x\r\n\r\n'), { scheme: 'ws' });
  await assert.rejects(ssh.prompt('x'), ConnectError);
});

test('wrong addresses and arguments are refused before anything is sent', async () => {
  for (const address of ['http://a:1', 'ws://', 'tcp://a', 'ws://a:99999', 'ws://a:b', 'unix://a', 'ws://u:p@a:1', 'ws://a:1/ x']) {
    assert.throws(() => new Client(address, HELLOS.b), RangeError, address);
  }
  const client = await clientOf(echo);
  await assert.rejects(client.prompt(1), TypeError);
  await assert.rejects(client.prompt('x', { fuel: 2n ** 64n }), RangeError);
  await assert.rejects(client.request('GET', 'http://a.example', { sizeLimit: 1 }), RangeError);
  assert.equal(client.connections(), 0);
});
