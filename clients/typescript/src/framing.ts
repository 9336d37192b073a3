// Messages to bytes and back, without input or output of its own: WebSocket (RFC 6455, as a client) and the length-prefixed framing.
import { createHash, randomBytes } from 'node:crypto';
import { ConnectError, ConnectionLost, ProtocolError, SessionClosed } from './errors.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455, 1.3
const LARGEST_HEAD = 16 << 10; // of the answer to the upgrade
const LARGEST_CONTROL = 125;

const enum Opcode {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
}

/** Received bytes, kept in the pieces they came in until a whole message is there. */
class Incoming {
  private pieces: Buffer[] = [];
  size = 0;

  add(data: Buffer): void {
    if (data.length === 0) return;
    this.pieces.push(data);
    this.size += data.length;
  }

  /** The first bytes, at most `count`. They stay. */
  peek(count: number): Buffer {
    const first = this.pieces[0];
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    return this.joined().subarray(0, count);
  }

  /** Takes away exactly `count` bytes, which must be there. */
  take(count: number): Buffer {
    const all = this.joined();
    this.pieces = count < all.length ? [all.subarray(count)] : [];
    this.size -= count;
    return all.subarray(0, count);
  }

  private joined(): Buffer {
    if (this.pieces.length !== 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0] as Buffer;
  }
}

/** One connection's state. `messages` holds whole messages that have arrived, `output` bytes to be sent (pongs, close). */
export abstract class Framing {
  readonly messages: Uint8Array[] = [];
  output: Buffer[] = [];
  ready = true; // messages may be sent
  protected readonly incoming = new Incoming();

  constructor(protected readonly maxBytes: number) {}

  /** What is sent before anything else. */
  opening(): Buffer {
    return Buffer.alloc(0);
  }

  /** What is sent before this side closes the connection. */
  closing(): Buffer {
    return Buffer.alloc(0);
  }

  abstract frame(message: Uint8Array): Buffer[];
  protected abstract step(): boolean;

  /** Takes received bytes. ProtocolError, ConnectError or SessionClosed. */
  feed(data: Buffer): void {
    this.incoming.add(data);
    while (this.step());
  }

  /** The error for the end of the connection. */
  eof(): ConnectionLost {
    const what = this.incoming.size > 0 || this.inMessage() ? 'in the middle of a message' : 'before the answer';
    return new ConnectionLost(`the connection ended ${what}`, true);
  }

  protected inMessage(): boolean {
    return false;
  }

  protected checkSize(length: number): void {
    if (length <= this.maxBytes) return;
    throw new ProtocolError(`the module announces a message of ${length} bytes; the limit is ${this.maxBytes} (maxReplyBytes)`);
  }
}

/** Each message is a 4-byte big-endian length and the value. */
export class LengthPrefixed extends Framing {
  private wanted = 4; // bytes that must be there before it is worth looking

  override frame(message: Uint8Array): Buffer[] {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(message.length);
    return [head, Buffer.from(message)];
  }

  protected override step(): boolean {
    if (this.incoming.size < this.wanted) return false;
    const length = this.incoming.peek(4).readUInt32BE();
    this.checkSize(length);
    this.wanted = 4 + length;
    if (this.incoming.size < this.wanted) return false;
    this.messages.push(this.incoming.take(this.wanted).subarray(4));
    this.wanted = 4;
    return true;
  }
}

interface Head {
  opcode: number;
  final: boolean;
  begin: number;
  length: number;
}

/** The client's side of RFC 6455, without extensions. */
export class WebSocketFraming extends Framing {
  override ready = false;
  private readonly key = randomBytes(16).toString('base64');
  private parts: Buffer[] = []; // of a message in fragments
  private partsSize = 0;
  private fragmented = false;
  private closeSent = false;
  private head: Head | undefined;

  constructor(
    private readonly host: string,
    private readonly path: string,
    maxBytes: number,
    private readonly token: string,
  ) {
    super(maxBytes);
  }

  override opening(): Buffer {
    const authorization = this.token === '' ? '' : `Authorization: Bearer ${this.token}\r\n`;
    return Buffer.from(
      `GET ${this.path} HTTP/1.1\r\nHost: ${this.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${this.key}\r\nSec-WebSocket-Version: 13\r\n${authorization}\r\n`,
      'latin1',
    );
  }

  override frame(message: Uint8Array): Buffer[] {
    return frameOf(Opcode.binary, message);
  }

  override closing(): Buffer {
    if (this.closeSent || !this.ready) return Buffer.alloc(0);
    this.closeSent = true;
    return Buffer.concat(frameOf(Opcode.close, Uint8Array.from([1000 >> 8, 1000 & 0xff])));
  }

  protected override inMessage(): boolean {
    return this.fragmented || this.head !== undefined;
  }

  protected override step(): boolean {
    if (!this.ready) return this.handshake();
    this.head ??= this.readHead();
    const head = this.head;
    if (head === undefined || this.incoming.size < head.begin + head.length) return false;
    const payload = this.incoming.take(head.begin + head.length).subarray(head.begin);
    this.head = undefined;
    this.take(head, payload);
    return true;
  }

  private handshake(): boolean {
    const received = this.incoming.peek(Math.min(this.incoming.size, LARGEST_HEAD + 4));
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.incoming.size > LARGEST_HEAD) throw new ConnectError("the answer to the WebSocket upgrade is too long: is this a module's port?");
      return false;
    }
    const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
    const status = statusOf(first);
    if (status !== 101) {
      const body = received.toString('utf8', end + 4, end + 204).trim();
      throw new ConnectError(`the WebSocket upgrade was answered with status ${status}: ${body}`, status);
    }
    this.checkUpgrade(new Map(lines.map(headerOf)));
    this.incoming.take(end + 4);
    this.ready = true;
    return true;
  }

  private checkUpgrade(headers: Map<string, string>): void {
    const accept = createHash('sha1').update(this.key + GUID).digest('base64');
    if (headers.get('sec-websocket-accept') !== accept || headers.get('upgrade')?.toLowerCase() !== 'websocket') {
      throw new ProtocolError('the answer to the WebSocket upgrade does not belong to this request');
    }
    if (headers.has('sec-websocket-extensions') || headers.has('sec-websocket-protocol')) {
      throw new ProtocolError('the server chose a WebSocket extension or protocol that was not offered');
    }
  }

  private readHead(): Head | undefined {
    if (this.incoming.size < 2) return undefined;
    const bytes = this.incoming.peek(Math.min(10, this.incoming.size));
    const [first, second] = [bytes[0] as number, bytes[1] as number];
    const [opcode, final, short] = [first & 0x0f, (first & 0x80) !== 0, second & 0x7f];
    const known = opcode <= Opcode.binary || (opcode >= Opcode.close && opcode <= Opcode.pong);
    if (first & 0x70 || second & 0x80 || !known) throw new ProtocolError('a WebSocket frame with reserved bits, a mask or an unknown opcode');
    if (opcode & 0x8 && (!final || short > LARGEST_CONTROL)) throw new ProtocolError('a WebSocket control frame is too long or in fragments');
    const begin = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < begin) return undefined;
    const length = begin === 2 ? short : begin === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if ((begin === 4 && length < 126) || (begin === 10 && length < 0x10000)) {
      throw new ProtocolError('a WebSocket length is not in its shortest form');
    }
    this.checkSize(length + this.partsSize);
    return { opcode, final, begin, length };
  }

  private take({ opcode, final }: Head, payload: Buffer): void {
    if (opcode === Opcode.ping) this.output.push(...frameOf(Opcode.pong, payload));
    else if (opcode === Opcode.close) this.closed(payload);
    else if (opcode === Opcode.text) throw new ProtocolError('a module sends binary messages, this is text');
    else if (opcode !== Opcode.pong) this.takeData(opcode, final, payload);
  }

  private takeData(opcode: number, final: boolean, payload: Buffer): void {
    if ((opcode === Opcode.continuation) !== this.fragmented) throw new ProtocolError('WebSocket fragments are out of order');
    this.parts.push(payload);
    this.partsSize += payload.length;
    this.fragmented = !final;
    if (!final) return;
    this.messages.push(this.parts.length === 1 ? payload : Buffer.concat(this.parts));
    this.parts = [];
    this.partsSize = 0;
  }

  private closed(payload: Buffer): never {
    if (payload.length === 1) throw new ProtocolError('a WebSocket close frame of one byte');
    this.output.push(this.closing());
    throw new SessionClosed(payload.length === 0 ? 1005 : payload.readUInt16BE(), payload.toString('utf8', 2), true);
  }
}

function frameOf(opcode: Opcode, payload: Uint8Array): Buffer[] {
  const size = payload.length < 126 ? 2 : payload.length < 0x10000 ? 4 : 10;
  const head = Buffer.alloc(size + 4);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (size === 2 ? payload.length : size === 4 ? 126 : 127);
  if (size === 4) head.writeUInt16BE(payload.length, 2);
  if (size === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  const mask = randomBytes(4);
  mask.copy(head, size);
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; ++i) masked[i] = (masked[i] as number) ^ (mask[i & 3] as number);
  return [head, masked];
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function statusOf(line: string): number {
  const found = /^HTTP\/1\.1 ([0-9]{3})(?: |$)/.exec(line);
  if (found === null) throw new ConnectError(`the answer to the WebSocket upgrade is no HTTP: ${line.slice(0, 80)}`);
  return Number(found[1]);
}
