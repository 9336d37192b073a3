// Where a module is, and how a client behaves.
import { LengthPrefixed, WebSocketFraming, type Framing } from './framing.js';
import { SessionClosed, type ConnectionLost } from './errors.js';

/** ws://HOST:PORT/ and wss:// are WebSocket; tcp://HOST:PORT and unix:///PATH the length-prefixed framing. */
export interface Address {
  scheme: 'ws' | 'wss' | 'tcp' | 'unix';
  host: string;
  port: number;
  path: string; // of the URL, or of the socket
}

export function parseAddress(text: string): Address {
  if (text.startsWith('unix:///')) return { scheme: 'unix', host: '', port: 0, path: text.slice('unix://'.length) };
  const found = /^(ws|wss|tcp):\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s[\]]+)(?::([0-9]{1,5}))?(\/[!-~]*)?$/.exec(text);
  const scheme = found?.[1] as 'ws' | 'wss' | 'tcp' | undefined;
  const port = found?.[3] === undefined ? { ws: 80, wss: 443, tcp: 0 }[scheme ?? 'tcp'] : Number(found[3]);
  if (found === null || scheme === undefined || port < 1 || port > 65535) {
    throw new RangeError(`"${text}": expected ws://HOST:PORT, wss://HOST:PORT, tcp://HOST:PORT or unix:///PATH`);
  }
  return { scheme, host: (found[2] as string).replace(/^\[|\]$/g, ''), port, path: found[4] ?? '/' };
}

export function authority({ host, port }: Address): string {
  if (host === '') return 'localhost';
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function framingOf(address: Address, maxBytes: number): Framing {
  const websocket = address.scheme === 'ws' || address.scheme === 'wss';
  return websocket ? new WebSocketFraming(authority(address), address.path, maxBytes) : new LengthPrefixed(maxBytes);
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
}

export const DEFAULT_OPTIONS: Options = {
  timeoutMs: 600_000,
  backoff: { initialMs: 50, maximumMs: 5000, attempts: 8 },
  maxReplyBytes: 64 << 20,
  resendLost: false,
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
