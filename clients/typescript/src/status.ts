// /health and /metrics of a module, which answers HTTP on the port of its sessions.
import * as http from 'node:http';
import * as https from 'node:https';
import { ConnectError, GenvmError, ProtocolError } from './errors.js';
import { isSecure, parseAddress, type Options } from './options.js';

/** Those about TLS count. */
type PageOptions = Partial<Pick<Options, 'tls'>>;

const LARGEST_PAGE = 16 << 20;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: [0-9]+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/** `serving` is false while the module shuts down or is unhealthy. `fields` is the whole object. */
export interface Health {
  serving: boolean;
  fields: { readonly [key: string]: unknown };
}

/** One line of the metrics page. */
export interface Sample {
  name: string;
  labels: ReadonlyMap<string, string>;
  value: number;
}

/** ConnectError when nothing answers in time, ProtocolError when what answers is no module. */
export async function health(address: string, timeoutMs = 10_000, options: PageOptions = {}): Promise<Health> {
  const { status, body } = await get(address, '/health', timeoutMs, options);
  if (status !== 200 && status !== 503) throw new ProtocolError(`/health answered with status ${status}`);
  const fields = parsedObject(body);
  if (fields === undefined || !('program' in fields)) throw new ProtocolError('/health is not that of a module');
  return { serving: status === 200, fields };
}

/** The samples of the metrics page, in its order. */
export async function metrics(address: string, timeoutMs = 10_000, options: PageOptions = {}): Promise<Sample[]> {
  const { status, body } = await get(address, '/metrics', timeoutMs, options);
  if (status !== 200) throw new ProtocolError(`/metrics answered with status ${status}`);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map(sampleOf);
}

function parsedObject(body: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}

function sampleOf(line: string): Sample {
  const found = SAMPLE.exec(line);
  if (found === null) throw new ProtocolError(`no line of metrics: ${line.slice(0, 200)}`);
  const labels = new Map<string, string>();
  const text = found[2] ?? '';
  for (let at = 0; at < text.length; ) {
    LABEL.lastIndex = at;
    const label = LABEL.exec(text);
    if (label === null) throw new ProtocolError(`no labels of metrics: ${line.slice(0, 200)}`);
    labels.set(label[1] as string, (label[2] as string).replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)));
    at += label[0].length;
  }
  return { name: found[1] as string, labels, value: numberOf(found[3] as string) };
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function get(addressText: string, path: string, timeoutMs: number, options: PageOptions): Promise<{ status: number; body: string }> {
  const address = parseAddress(addressText);
  const target = address.scheme === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  const module = isSecure(address) ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error instanceof GenvmError ? error : new ConnectError(`${path}: ${error.message}`));
    const call = module.get({ ...options.tls, ...target, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LARGEST_PAGE) call.destroy(new ProtocolError(`${path} is larger than ${LARGEST_PAGE} bytes`));
      });
      response.on('error', fail);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    call.on('error', fail);
  });
}
