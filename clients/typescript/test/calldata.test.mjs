import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { calldata, CalldataError, checkedJson, readFatal } from '../dist/index.js';
import { fromTagged, ROOT } from './support.mjs';

const { AccountAddress, decode, encode, MAX_DEPTH } = calldata;
const VECTORS = JSON.parse(fs.readFileSync(`${ROOT}/clients/vectors/calldata.json`, 'utf8'));

/** A generator of numbers that is the same in every run. */
function source(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

function randomText(next) {
  const alphabet = ['a', 'b', '\0', 'é', '\u0800', '\uffff', '\ufeff', '\u{10000}', '\u{10ffff}'];
  return Array.from({ length: next(8) }, () => alphabet[next(alphabet.length)]).join('');
}

function randomValue(next, depth = 0) {
  switch (next(depth > 3 ? 6 : 8)) {
    case 0:
      return [null, true, false][next(3)];
    case 1:
      return BigInt(next(400)) - 200n;
    case 2: {
      let value = 0n;
      for (let words = 1 + next(20); words > 0; --words) value = (value << 32n) | BigInt(next(2 ** 32));
      return next(2) ? value : -value;
    }
    case 3:
      return Uint8Array.from({ length: next(200) }, () => next(256));
    case 4:
      return new AccountAddress(Uint8Array.from({ length: 20 }, () => next(256)));
    case 5:
      return randomText(next);
    case 6:
      return Array.from({ length: next(5) }, () => randomValue(next, depth + 1));
    default:
      return new Map(Array.from({ length: next(5) }, () => [randomText(next), randomValue(next, depth + 1)]));
  }
}

const hexOf = (bytes) => Buffer.from(bytes).toString('hex');

test('reads and writes every valid vector', () => {
  for (const vector of VECTORS.valid) {
    const value = fromTagged(vector.value);
    assert.deepEqual(decode(Buffer.from(vector.hex, 'hex')), value, vector.hex);
    assert.equal(hexOf(encode(value)), vector.hex);
  }
});

test('refuses every malformed vector with its offset', () => {
  for (const { what, hex, offset } of VECTORS.malformed) {
    assert.throws(() => decode(Buffer.from(hex, 'hex')), (error) => error instanceof CalldataError && error.offset === offset, what);
  }
});

test('gives back what was encoded', () => {
  const next = source(1);
  for (let i = 0; i < 2000; ++i) {
    const frame = encode(randomValue(next));
    assert.equal(hexOf(encode(decode(frame))), hexOf(frame));
  }
});

test('gives back equal values', () => {
  const next = source(11);
  for (let i = 0; i < 500; ++i) {
    const value = randomValue(next);
    assert.deepEqual(decode(encode(value)), value);
  }
});

test('refuses every truncation', () => {
  const next = source(2);
  for (let i = 0; i < 100; ++i) {
    const frame = encode(randomValue(next));
    for (let size = 0; size < frame.length; size += 1 + Math.floor(frame.length / 50)) {
      assert.throws(() => decode(frame.subarray(0, size)), CalldataError);
    }
  }
});

test('whatever it accepts encodes to the same bytes', () => {
  const next = source(3);
  let accepted = 0;
  for (let i = 0; i < 5000; ++i) {
    const frame = encode(randomValue(next));
    for (let flips = next(3); flips > 0; --flips) frame[next(frame.length)] = next(256);
    let value;
    try {
      value = decode(frame);
    } catch (error) {
      assert.ok(error instanceof CalldataError);
      continue;
    }
    ++accepted;
    assert.equal(hexOf(encode(value)), hexOf(frame));
  }
  assert.ok(accepted > 1000, `${accepted}`);
});

test('bounds depth, values and integers', () => {
  const nested = (arrays) => Buffer.concat([Buffer.alloc(arrays, 0x0d), Buffer.from([0])]);
  decode(nested(MAX_DEPTH));
  for (const arrays of [MAX_DEPTH + 1, 100_000]) assert.throws(() => decode(nested(arrays)), CalldataError);
  const announcing = Buffer.concat([Buffer.alloc(400, Buffer.from('85a4e803', 'hex')), Buffer.alloc(2_000_000)]);
  assert.throws(() => decode(announcing), CalldataError);
  assert.throws(() => decode(Buffer.alloc(8 << 20, 0x81)), CalldataError);
  let deep = [];
  for (let i = 0; i < MAX_DEPTH; ++i) deep = [deep];
  assert.throws(() => encode(deep), CalldataError);
});

test('carries integers of ten thousand digits', () => {
  for (const value of [7n * 10n ** 9999n, -(10n ** 9999n), 2n ** 63n, -(2n ** 64n)]) assert.equal(decode(encode(value)), value);
});

test('takes linear time for large integers', () => {
  const many = Array.from({ length: 50 }, () => 1n << 400_000n);
  const start = performance.now();
  assert.deepEqual(decode(encode(many)), many);
  assert.ok(performance.now() - start < 20_000);
});

test('a plain object and a Map are the same map, with keys in the order of their bytes', () => {
  const keys = ['\u{10000}', '\uffff', 'b', 'a', ''];
  const object = Object.fromEntries(keys.map((key) => [key, null]));
  const frame = encode(object);
  assert.equal(hexOf(encode(new Map(Object.entries(object)))), hexOf(frame));
  assert.deepEqual([...decode(frame).keys()], ['', 'a', 'b', '\uffff', '\u{10000}']);
});

test('refuses what calldata cannot carry', () => {
  for (const value of [1.5, NaN, 2 ** 53, '\ud800', { '\udfff': 1 }, undefined, () => 1, new Date(), [undefined], new Map([[1, 2]])]) {
    assert.throws(() => encode(value), CalldataError);
  }
});

test('JSON is read strictly', () => {
  assert.deepEqual(checkedJson(' {"a":[1,-0,2.5,"\\u00e9\\"",true,null,{}],"b":123456789012345678901} '),
    new Map([['a', [1n, 0n, 2.5, 'é"', true, null, new Map()]], ['b', 123456789012345678901n]]));
  for (const text of ['', '{', '{"a":1,}', '[1,]', '{"a":1,"a":2}', '01', '1.', 'NaN', '"\n"', '"\\x"', '"\\', '"a', 'nul', '{} {}', '{a:1}', '['.repeat(100_000)]) {
    assert.throws(() => checkedJson(text), SyntaxError, text.slice(0, 20));
  }
});

test('fatal errors are read in both forms', () => {
  const debug = 'ModuleError { causes: ["A"], fatal: true, ctx: {"s": Number(401.0), "x": Array([Str("q\\"\\u{e9}"), Bytes([0, 255]), Map({}), Null])} }';
  const { readable, causes, ctx } = readFatal(debug);
  assert.deepEqual([readable, causes], [true, ['A']]);
  assert.deepEqual(ctx, new Map([['s', 401n], ['x', ['q"é', Uint8Array.from([0, 255]), new Map(), null]]]));
  assert.deepEqual(readFatal('{"causes":["A"],"fatal":true,"ctx":{"n":1}}').ctx, new Map([['n', 1n]]));
  for (let size = 0; size < debug.length; ++size) assert.equal(readFatal(debug.slice(0, size)).readable, false);
  const deep = `ModuleError { causes: ["A"], fatal: true, ctx: {"a": ${'Array(['.repeat(100_000)}`;
  for (const text of [debug + ' ', deep, '{"causes":1}', '{'.repeat(10_000), debug.replace('255', '256')]) assert.equal(readFatal(text).readable, false);
});
