// One connection whose hello has been sent, with the calls that wait for their replies in order.
import * as net from 'node:net';
import * as tls from 'node:tls';
import { ConnectError, ConnectionLost, DeadlineExceeded, GenvmError, ProtocolError, SessionClosed, TransportError } from './errors.js';
import type { Framing } from './framing.js';
import { unasked } from './messages.js';
import type { Hello } from './hello.js';
import { authority, framingOf, isSecure, isWebSocket, type Address, type Options } from './options.js';

const GOODBYE_MS = 500;
/** Codes of errors about a certificate: OpenSSL's names, and Node's for a wrong name. */
const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_/;

interface Waiting {
  /** undefined once the call was given up: its reply is thrown away when it comes. */
  settle: { resolve: (reply: Uint8Array) => void; reject: (error: Error) => void } | undefined;
}

export class Connection {
  private waiting: Waiting[] = [];
  private over: TransportError | undefined;
  private untrusted = false; // the server's certificate is not
  private onReady: (() => void) | undefined;
  private onFailed: ((error: Error) => void) | undefined;

  private constructor(
    private readonly socket: net.Socket,
    private readonly framing: Framing,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.received(data));
    socket.on('end', () => this.end(this.framing.eof()));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.untrusted = CERTIFICATE_FAULT.test(error.code ?? '');
      this.end(new ConnectionLost(error.message, true));
    });
    socket.on('close', () => this.end(this.framing.eof()));
  }

  /** Connects, shakes hands and sends the hello. ConnectError, ProtocolError or DeadlineExceeded. */
  static async open(address: Address, hello: Hello, options: Options, leftMs: number): Promise<Connection> {
    const where = address.scheme === 'unix' ? address.path : authority(address);
    const socket = dial(address, options);
    const connection = new Connection(socket, framingOf(address, options.maxReplyBytes, options.token));
    const timer = setTimeout(() => {
      connection.end(new DeadlineExceeded(`${where}: no connection within the time allowed`, false));
    }, leftMs);
    try {
      await new Promise<void>((resolve, reject) => {
        connection.onReady = resolve;
        connection.onFailed = reject;
        socket.once(isSecure(address) ? 'secureConnect' : 'connect', () => connection.start());
      });
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      if (connection.untrusted) throw new ConnectError(`${where}: the certificate is not trusted: ${error.message} (tls.ca)`, undefined, true);
      throw new ConnectError(`${where}: ${error.message}; is the module running?`); // no request was sent yet
    } finally {
      clearTimeout(timer);
      connection.onReady = connection.onFailed = undefined;
    }
    const token = isWebSocket(address) ? '' : options.token;
    for (const part of connection.framing.frame(hello.encodedWith(token))) socket.write(part);
    return connection;
  }

  get usable(): boolean {
    return this.over === undefined;
  }

  /** Sends a request. `giveUp` of the result ends the wait with an error. */
  ask(message: Uint8Array): { reply: Promise<Uint8Array>; giveUp: (error: Error) => void } {
    if (this.over !== undefined) return { reply: Promise.reject(copyOf(this.over, false)), giveUp: () => undefined };
    const entry: Waiting = { settle: undefined };
    const reply = new Promise<Uint8Array>((resolve, reject) => (entry.settle = { resolve, reject }));
    this.waiting.push(entry);
    for (const part of this.framing.frame(message)) this.socket.write(part);
    return { reply, giveUp: (error) => this.giveUp(entry, error) };
  }

  /** Every call that waits gets the error; the socket is closed. */
  end(why: TransportError): void {
    if (this.over !== undefined) return;
    this.over = why;
    const waiting = this.waiting;
    this.waiting = [];
    this.onFailed?.(why);
    for (const { settle } of waiting) settle?.reject(copyOf(why, true));
    if (this.socket.writable) this.socket.end(this.framing.closing());
    this.socket.destroySoon();
    // A peer that reads nothing must not keep the socket.
    setTimeout(() => this.socket.destroy(), GOODBYE_MS).unref();
  }

  private start(): void {
    this.socket.write(this.framing.opening());
    if (this.framing.ready) this.onReady?.();
  }

  private giveUp(entry: Waiting, error: Error): void {
    if (entry.settle === undefined) return;
    entry.settle.reject(error);
    entry.settle = undefined;
    // Nobody waits any more: closing the session stops the module's work.
    if (this.waiting.every(({ settle }) => settle === undefined)) this.end(new ConnectionLost('the calls of this session were given up', true));
  }

  private received(data: Buffer): void {
    if (this.over !== undefined) return;
    try {
      this.framing.feed(data);
      if (this.framing.ready) this.onReady?.();
      this.deliver();
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.deliverWhole();
      this.flush();
      this.end(error);
      return;
    }
    this.flush();
  }

  private deliver(): void {
    for (let message = this.framing.messages.shift(); message !== undefined; message = this.framing.messages.shift()) {
      const entry = this.waiting.shift();
      if (entry === undefined) throw unasked(message);
      entry.settle?.resolve(message);
      entry.settle = undefined;
    }
  }

  // Replies that arrived whole before what ended the connection.
  private deliverWhole(): void {
    while (this.waiting.length > 0 && this.framing.messages.length > 0) {
      const message = this.framing.messages.shift() as Uint8Array;
      this.waiting.shift()?.settle?.resolve(message);
    }
  }

  private flush(): void {
    const output = this.framing.output;
    this.framing.output = [];
    if (this.socket.writable) for (const part of output) this.socket.write(part);
  }
}

function dial(address: Address, options: Options): net.Socket {
  if (address.scheme === 'unix') return net.connect({ path: address.path });
  const { host, port } = address;
  if (!isSecure(address)) return net.connect({ host, port });
  return tls.connect({ ...options.tls, host, port, servername: net.isIP(host) ? '' : host });
}

/** An error of its own for each call. */
function copyOf(error: TransportError, maybeExecuted: boolean): GenvmError {
  if (error instanceof SessionClosed) return new SessionClosed(error.closeCode, error.reason, maybeExecuted);
  if (error instanceof ProtocolError) return new ProtocolError(error.message);
  return new ConnectionLost(error.message, maybeExecuted);
}
