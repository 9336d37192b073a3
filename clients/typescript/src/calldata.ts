// Calldata: the codec of the wire. Decoding is strict, so encode(decode(b)) equals b for whatever decodes.
// Integers are decoded as bigint, maps as Map (so that a key such as "__proto__" is a key like any other), bytes as Uint8Array.
import { CalldataError } from './errors.js';

export const ADDRESS_BYTES = 20;
/** Nested arrays and maps, as in the modules. */
export const MAX_DEPTH = 128;

/** The 20 bytes of an account. RangeError for any other length. */
export class AccountAddress {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    if (bytes.length !== ADDRESS_BYTES) throw new RangeError(`an address has ${ADDRESS_BYTES} bytes`);
    this.bytes = Uint8Array.from(bytes);
  }
  toString(): string {
    return '0x' + Buffer.from(this.bytes).toString('hex');
  }
}

export type Value = null | boolean | bigint | string | Uint8Array | AccountAddress | Value[] | Map<string, Value>;
/** What encode() takes beside values: safe integers and plain objects. */
export type Encodable =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | AccountAddress
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [key: string]: Encodable };

/** What one message may cost. CalldataError when it is exceeded, before anything is allocated for it. */
export interface Limits {
  maxBytes: number; // the whole message
  maxDepth: number; // nested arrays and maps
  maxValues: number; // elements of all arrays and maps together
  maxIntegerBytes: number; // one integer as encoded: 138,000 decimal digits
}

export const DEFAULT_LIMITS: Limits = { maxBytes: 64 << 20, maxDepth: MAX_DEPTH, maxValues: 1_000_000, maxIntegerBytes: 64 << 10 };

const enum Kind {
  atom,
  nonNegative,
  negative,
  bytes,
  string,
  array,
  map,
}

const TYPE_BITS = 3n;
const LARGEST_LENGTH = (1n << 64n) - 1n;
// ignoreBOM keeps a byte order mark: it is a character of the text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value of a message. CalldataError names the byte at fault: not canonical, cut off, over a limit, or followed by more. */
export function decode(frame: Uint8Array, limits: Partial<Limits> = {}): Value {
  return new Decoder(frame, { ...DEFAULT_LIMITS, ...limits }).run();
}

class Decoder {
  private at = 0;
  private values = 0;

  constructor(
    private readonly frame: Uint8Array,
    private readonly limits: Limits,
  ) {}

  run(): Value {
    const size = this.frame.length;
    if (size > this.limits.maxBytes) throw new CalldataError(`a message of ${size} bytes; the limit is ${this.limits.maxBytes}`, 0);
    const value = this.value(0);
    if (this.at !== size) throw new CalldataError(`${size - this.at} bytes after the value`, this.at);
    return value;
  }

  private value(depth: number): Value {
    const start = this.at;
    const number = this.number('a value is missing');
    const kind = (number[0] as number) & 7;
    if (kind === Kind.nonNegative) return unpack(number) >> TYPE_BITS;
    if (kind === Kind.negative) return -1n - (unpack(number) >> TYPE_BITS);
    const payload = length(number, TYPE_BITS, start);
    switch (kind) {
      case Kind.atom:
        return this.atom(payload, start);
      case Kind.bytes:
        return Uint8Array.from(this.take(payload, start));
      case Kind.string:
        return this.text(payload, start);
      case Kind.array:
        return this.array(payload, start, depth + 1);
      case Kind.map:
        return this.map(payload, start, depth + 1);
      default:
        throw new CalldataError('type 7 is reserved', start);
    }
  }

  private atom(payload: bigint, start: number): Value {
    if (payload === 0n) return null;
    if (payload <= 2n) return payload === 2n;
    if (payload !== 3n) throw new CalldataError(`there is no atom ${payload}`, start);
    if (this.remaining() < ADDRESS_BYTES) throw new CalldataError('an address has 20 bytes', start);
    return new AccountAddress(this.take(BigInt(ADDRESS_BYTES), start));
  }

  private array(count: bigint, start: number, depth: number): Value[] {
    this.enter(count, 1, start, depth);
    const items: Value[] = [];
    for (let i = 0; i < count; ++i) items.push(this.value(depth));
    return items;
  }

  private map(count: bigint, start: number, depth: number): Map<string, Value> {
    this.enter(count, 2, start, depth);
    const out = new Map<string, Value>();
    let previous: Uint8Array | undefined;
    for (let i = 0; i < count; ++i) {
      const at = this.at;
      const size = length(this.number('a number is cut off'), 0n, at);
      const begin = this.at;
      const key = this.text(size, at);
      // Strings of JavaScript compare by UTF-16 units, which is another order than that of the bytes.
      const raw = this.frame.subarray(begin, this.at);
      const order = previous === undefined ? -1 : Buffer.compare(previous, raw);
      if (order >= 0) throw new CalldataError(order === 0 ? 'a map key occurs twice' : 'map keys are not in order', at);
      previous = raw;
      out.set(key, this.value(depth));
    }
    return out;
  }

  private enter(count: bigint, smallest: number, start: number, depth: number): void {
    if (depth > Math.min(this.limits.maxDepth, MAX_DEPTH)) throw new CalldataError(`nested deeper than ${this.limits.maxDepth}`, start);
    const remaining = this.remaining();
    if (count > Math.floor(remaining / smallest)) {
      throw new CalldataError(`${count} elements announced where ${remaining} bytes remain`, start);
    }
    // Added up before they are read, so that nested arrays cannot exceed the limit together.
    this.values += Number(count);
    if (this.values > this.limits.maxValues) throw new CalldataError(`more than ${this.limits.maxValues} values`, start);
  }

  // Moves over one minimal ULEB128 number and returns its bytes.
  private number(whenEmpty: string): Uint8Array {
    const { frame, at: start } = this;
    if (start === frame.length) throw new CalldataError(whenEmpty, start);
    const stop = Math.min(frame.length, start + this.limits.maxIntegerBytes);
    let end = start;
    while (end < stop && (frame[end] as number) & 0x80) ++end;
    if (end === frame.length) throw new CalldataError('a number is cut off', start);
    if (end === stop) throw new CalldataError(`a number of more than ${this.limits.maxIntegerBytes} bytes`, start);
    if (frame[end] === 0 && end > start) throw new CalldataError('a number is not in its shortest form', start);
    this.at = end + 1;
    return frame.subarray(start, end + 1);
  }

  private remaining(): number {
    return this.frame.length - this.at;
  }

  private take(size: bigint, start: number): Uint8Array {
    if (size > this.remaining()) throw new CalldataError(`${size} bytes announced where ${this.remaining()} bytes remain`, start);
    this.at += Number(size);
    return this.frame.subarray(this.at - Number(size), this.at);
  }

  private text(size: bigint, start: number): string {
    const raw = this.take(size, start);
    try {
      return utf8.decode(raw);
    } catch {
      throw new CalldataError('a text is no UTF-8', start);
    }
  }
}

function length(number: Uint8Array, typeBits: bigint, start: number): bigint {
  const payload = unpack(number) >> typeBits;
  if (payload > LARGEST_LENGTH) throw new CalldataError('a length over 64 bits', start);
  return payload;
}

// Eight groups of 7 bits are seven bytes, so the work grows linearly; hex is the linear way to a bigint.
function unpack(number: Uint8Array): bigint {
  if (number.length <= 4) {
    let small = 0;
    for (let i = number.length; i-- > 0; ) small = small * 128 + ((number[i] as number) & 0x7f);
    return BigInt(small);
  }
  const bytes = Buffer.alloc(Math.ceil((number.length * 7) / 8));
  let bits = 0;
  let held = 0;
  let at = bytes.length;
  for (const byte of number) {
    bits |= (byte & 0x7f) << held;
    held += 7;
    if (held < 8) continue;
    bytes[--at] = bits & 0xff;
    bits >>>= 8;
    held -= 8;
  }
  if (held > 0) bytes[--at] = bits;
  return BigInt('0x' + bytes.toString('hex'));
}

/** The one form of a value. CalldataError for what calldata cannot carry: fractions, unsafe numbers, lone surrogates, other types. */
export function encode(value: Encodable): Uint8Array {
  const out = new Writer();
  write(out, value, 0);
  return out.finish();
}

class Writer {
  private buffer = Buffer.allocUnsafe(256);
  size = 0;

  byte(byte: number): void {
    this.grow(1);
    this.buffer[this.size++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    this.grow(bytes.length);
    this.buffer.set(bytes, this.size);
    this.size += bytes.length;
  }

  number(value: bigint): void {
    if (value < 0x80n) return this.byte(Number(value));
    const digits = value.toString(16);
    const bytes = Buffer.from(digits.length % 2 === 0 ? digits : '0' + digits, 'hex');
    const bitLength = (digits.length - 1) * 4 + (32 - Math.clz32(parseInt(digits[0] as string, 16)));
    let left = Math.ceil(bitLength / 7);
    let bits = 0;
    let held = 0;
    for (let at = bytes.length; left > 0; --left) {
      if (held < 7) {
        bits |= (at > 0 ? (bytes[--at] as number) : 0) << held;
        held += 8;
      }
      this.byte((bits & 0x7f) | (left > 1 ? 0x80 : 0));
      bits >>>= 7;
      held -= 7;
    }
  }

  head(kind: Kind, payload: bigint): void {
    this.number((payload << TYPE_BITS) | BigInt(kind));
  }

  finish(): Uint8Array {
    return new Uint8Array(this.buffer.subarray(0, this.size));
  }

  private grow(count: number): void {
    if (this.size + count <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.size + count, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.size);
    this.buffer = larger;
  }
}

function write(out: Writer, value: Encodable, depth: number): void {
  if (value === null) return out.head(Kind.atom, 0n);
  switch (typeof value) {
    case 'boolean':
      return out.head(Kind.atom, value ? 2n : 1n);
    case 'bigint':
      return writeInteger(out, value);
    case 'number':
      if (!Number.isSafeInteger(value)) throw new CalldataError(`${value} is no safe integer; larger ones are bigint`, out.size);
      return writeInteger(out, BigInt(value));
    case 'string':
      return writeBytes(out, Kind.string, textBytes(value, out.size));
    case 'object':
      return writeObject(out, value, depth);
    default:
      throw new CalldataError(`calldata cannot carry a ${typeof value}`, out.size);
  }
}

function writeInteger(out: Writer, value: bigint): void {
  if (value >= 0n) out.head(Kind.nonNegative, value);
  else out.head(Kind.negative, -1n - value);
}

function writeBytes(out: Writer, kind: Kind, bytes: Uint8Array): void {
  out.head(kind, BigInt(bytes.length));
  out.bytes(bytes);
}

function writeObject(out: Writer, value: object, depth: number): void {
  if (value instanceof Uint8Array) return writeBytes(out, Kind.bytes, value);
  if (value instanceof AccountAddress) {
    out.head(Kind.atom, 3n);
    return out.bytes(value.bytes);
  }
  if (depth + 1 > MAX_DEPTH) throw new CalldataError(`nested deeper than ${MAX_DEPTH}`, out.size);
  if (Array.isArray(value)) {
    out.head(Kind.array, BigInt(value.length));
    for (let i = 0; i < value.length; ++i) write(out, value[i] as Encodable, depth + 1);
    return;
  }
  writeMap(out, entriesOf(value, out.size), depth + 1);
}

function entriesOf(value: object, at: number): [string, Encodable][] {
  if (value instanceof Map) return [...(value as ReadonlyMap<string, Encodable>)];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new CalldataError(`calldata cannot carry a ${value.constructor?.name}`, at);
  return Object.entries(value as { [key: string]: Encodable });
}

function writeMap(out: Writer, entries: [string, Encodable][], depth: number): void {
  out.head(Kind.map, BigInt(entries.length));
  const pairs = entries.map(([key, item]) => [textBytes(key, out.size), item] as const);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  for (const [key, item] of pairs) {
    out.number(BigInt(key.length));
    out.bytes(key);
    write(out, item, depth);
  }
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function textBytes(text: unknown, at: number): Buffer {
  if (typeof text !== 'string') throw new CalldataError(`a map key is a text, not a ${typeof text}`, at);
  if (LONE_SURROGATE.test(text)) throw new CalldataError('a text with a lone surrogate cannot be sent', at);
  return Buffer.from(text, 'utf8');
}
