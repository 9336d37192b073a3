// Where a module is, and how a client behaves.
import type { SecureContextOptions } from 'node:tls';
import { LengthPrefixed, WebSocketFraming, type Framing } from './framing.js';
import { SessionClosed, type ConnectionLost } from './errors.js';

/**
 * ws://HOST:PORT/ and wss:// are WebSocket; tcp://HOST:PORT, tls:// and unix:///PATH the length-prefixed framing. wss:// and tls:// are
 * under TLS.
 */
export interface Address {
  scheme: 'ws' | 'wss' | 'tcp' | 'tls' | 'unix';
  host: string;
  port: number;
  path: string; // of the URL, or of the socket
}

export function parseAddress(text: string): Address {
  if (text.startsWith('unix:///')) return { scheme: 'unix', host: '', port: 0, path: text.slice('unix://'.length) };
  const found = /^(ws|wss|tcp|tls):\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s[\]]+)(?::([0-9]{1,5}))?(\/[!-~]*)?$/.exec(text);
  const scheme = found?.[1] as 'ws' | 'wss' | 'tcp' | 'tls' | undefined;
  const port = found?.[3] === undefined ? { ws: 80, wss: 443, tcp: 0, tls: 0 }[scheme ?? 'tcp'] : Number(found[3]);
  if (found === null || scheme === undefined || port < 1 || port > 65535) {
    throw new RangeError(`"${text}": expected ws://HOST:PORT, wss://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH`);
  }
  return { scheme, host: (found[2] as string).replace(/^\[|\]$/g, ''), port, path: found[4] ?? '/' };
}

export function authority({ host, port }: Address): string {
  if (host === '') return 'localhost';
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function isWebSocket({ scheme }: Address): boolean {
  return scheme === 'ws' || scheme === 'wss';
}

export function isSecure({ scheme }: Address): boolean {
  return scheme === 'wss' || scheme === 'tls';
}

/** The token is sent by the upgrade where there is one; otherwise the hello must hold it. */
export function framingOf(address: Address, maxBytes: number, token: string): Framing {
  return isWebSocket(address) ? new WebSocketFraming(authority(address), address.path, maxBytes, token) : new LengthPrefixed(maxBytes);
}

/** The pauses between attempts to connect: doubling, each cut by a random part so that clients do not come back together. */
export interface Backoff {
  initialMs: number;
  maximumMs: number;
  attempts: number; // to connect, the first included
}

export interface Options {
  /** One call with everything it needs. serve.request_timeout of a module is 10 minutes. */
  timeoutMs: number;
  backoff: Backoff;
  maxReplyBytes: number;
  /** Ask again when the connection was lost after the request was sent. A prompt may then be paid for twice. */
  resendLost: boolean;
  /** One of the module's serve.peers.tokens, shown by every session. Empty: none. */
  token: string;
  /** For wss:// and tls://: whom to trust (`ca`) in place of the system's authorities, and what to show of oneself (`cert`, `key`). PEM. */
  tls: Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'minVersion'>;
}

/** RangeError for options that cannot work. */
export function checkOptions({ token }: Options): void {
  if (!/^[!-~]*$/.test(token)) throw new RangeError('the token holds a character that is not visible ASCII');
}

export const DEFAULT_OPTIONS: Options = {
  timeoutMs: 600_000,
  backoff: { initialMs: 50, maximumMs: 5000, attempts: 8 },
  maxReplyBytes: 64 << 20,
  resendLost: false,
  token: '',
  tls: {},
};

/** Milliseconds to wait after so many failures in a row, at least 1. */
export function pauseAfter(backoff: Backoff, failures: number): number {
  return (0.5 + Math.random() / 2) * Math.min(backoff.maximumMs, backoff.initialMs * 2 ** (failures - 1));
}

/** Whether a call whose connection was lost for so many times is sent on a new one. */
export function mayAskAgain(options: Options, lost: ConnectionLost, losses: number): boolean {
  if (lost instanceof SessionClosed && lost.permanent) return false;
  return losses < options.backoff.attempts && (options.resendLost || !lost.maybeExecuted);
}
