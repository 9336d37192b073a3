// Starts the project's real programs for the tests, and false modules for what real ones never do. Loopback only.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { calldata, Hello } from '../dist/index.js';

export const ROOT = process.env.GVM_ROOT ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const START_MS = 60_000;

/** Where the built programs are, or undefined: GVM_E2E_BIN, or what `make build` or `make test` made. */
export function binDir() {
  const named = process.env.GVM_E2E_BIN;
  const places = named ? [named] : [`${ROOT}/build/release/bin`, `${ROOT}/build/dev/bin`];
  return places.find((place) => fs.existsSync(`${place}/genvm-llm`));
}

const HOST = { node_address: '0xabcd', tx_id: '0x1234', extra: [1, null, { deep: Uint8Array.from([0, 255]) }] };
export const HELLOS = {
  a: Hello.a('cookie-1', HOST),
  b: Hello.b(7, HOST),
  c: Hello.c({ genvmId: 7, role: 'leader', hostData: HOST, gasData: { gas: '1' }, initialTimeUnitsAllocation: 5 }),
};

/** Everything a test file starts; `end` stops all of it. */
export class Stage {
  #cleanups = [];
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gvm-ts-'));

  cleanup(action) {
    this.#cleanups.push(action);
  }

  async end() {
    for (const action of this.#cleanups.reverse()) await action();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  async program(command, ready) {
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const end = async (signal) => {
      child.kill(signal);
      await exited;
    };
    this.cleanup(() => end('SIGKILL'));
    const match = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${command[0]} did not start: ${text}`)), START_MS);
      const take = (data) => {
        text += data;
        const found = ready.exec(text);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      exited.then(() => reject(new Error(`${command[0]} ended: ${text}`)));
    });
    // A stopped process may run on for a moment: until its threads were scheduled.
    const stopped = () => /^\d+ \(.*\) T/.test(fs.readFileSync(`/proc/${child.pid}/stat`, 'latin1'));
    const halt = async () => {
      child.kill('SIGSTOP');
      for (const limit = performance.now() + START_MS; !stopped(); await pause(2)) if (performance.now() > limit) throw new Error('it does not stop');
    };
    return { match, end, signal: (name) => child.kill(name), pause: halt };
  }

  async upstream() {
    const rules = `${this.folder}/rules.json`;
    fs.writeFileSync(rules, JSON.stringify({ rules: [{ when: { prompt: 'slow' }, latency: 3000 }] }));
    const program = await this.program([`${binDir()}/genvm-mock-upstream`, '--port', '0', '--rules', rules], /^ready (\d+)$/m);
    return `http://127.0.0.1:${program.match[1]}`;
  }

  async module(kind, more, bind = '127.0.0.1:0') {
    const config = `${this.folder}/${kind}-${Math.random().toString(16).slice(2)}.yaml`;
    fs.writeFileSync(
      config,
      `bind_address: ${JSON.stringify(bind)}\nthreads: 1\nlua_script_path: ${ROOT}/config/genvm-${kind}-default.lua\ndata_dir: ${this.folder}/data\n${more}`,
    );
    const program = await this.program([`${binDir()}/genvm-${kind}`, '--config', config], /"message":"ready".*?"address":"([^"]*)"/);
    return { ...program, port: Number(program.match[1].split(':').at(-1)) };
  }

  llm(upstream, bind, more = '') {
    const model = '    models: {m: {supports_json: true, supports_image: true}}\n';
    return this.module('llm', `backends:\n  mock:\n    host: ${upstream}\n    provider: openai-compatible\n${model}${more}`, bind);
  }

  /** An authority, a certificate of localhost and one of a client: paths by name, made by the openssl program. */
  certificates() {
    const at = (name) => `${this.folder}/${name}`;
    const run = (...words) => execFileSync('openssl', words, { cwd: this.folder, stdio: 'pipe' });
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    run('req', '-x509', ...fresh, '-days', '2', '-subj', '/CN=an authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    for (const [name, host] of [['server', 'localhost'], ['client', 'a-client']]) {
      fs.writeFileSync(at(`${name}.ext`), `subjectAltName=DNS:${host}\n`);
      run('req', ...fresh, '-subj', `/CN=${host}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
      run('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`);
    }
    return { ca: at('ca.pem'), server: at('server.pem'), serverKey: at('server.key'), client: at('client.pem'), clientKey: at('client.key') };
  }

  web() {
    return this.module('web', 'always_allow_hosts: ["127.0.0.1"]\nbrowser: {engine: http}\n');
  }

  /** A web site on loopback: GET gives PAGE, POST the body reversed. */
  async site() {
    const server = http.createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'POST') return response.writeHead(201).end(Buffer.concat(chunks).reverse());
        response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
      });
    });
    await listen(server);
    this.cleanup(() => (server.closeAllConnections(), server.close()));
    return `http://127.0.0.1:${server.address().port}`;
  }

  /** A server whose connections are handled by `script(peer)`; returns {address, connections()}. */
  async falseModule(script, scheme = 'tcp') {
    let connections = 0;
    const sockets = new Set();
    const server = net.createServer((socket) => {
      ++connections;
      sockets.add(socket);
      socket.on('error', () => undefined);
      script(new Peer(socket)).catch(() => undefined).finally(() => socket.end());
    });
    await listen(server);
    this.cleanup(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { address: `${scheme}://127.0.0.1:${server.address().port}`, connections: () => connections };
  }
}

export const PAGE = '<!doctype html><html><head><title>T</title></head><body><h1>Prices</h1><p>Gold</p></body></html>';

function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export async function freePort() {
  const server = net.createServer();
  await listen(server);
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The server's side of a connection. */
class Peer {
  #socket;
  #chunks;
  #held = Buffer.alloc(0);

  constructor(socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async exactly(count) {
    while (this.#held.length < count) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error('the client left');
      this.#held = Buffer.concat([this.#held, value]);
    }
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  send(bytes) {
    this.#socket.write(bytes);
  }

  async read() {
    return this.exactly((await this.exactly(4)).readUInt32BE());
  }

  async prompt() {
    return calldata.decode(await this.read()).get('Prompt').get('payload').get('prompt');
  }

  async upgrade({ accept, status = '101 Switching Protocols' } = {}) {
    let head = '';
    while (!head.endsWith('\r\n\r\n')) head += (await this.exactly(1)).toString('latin1');
    const key = /sec-websocket-key: (\S+)/i.exec(head)[1];
    const right = createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    this.send(`HTTP/1.1 ${status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept ?? right}\r\n\r\n`);
  }

  async readWs() {
    let length = (await this.exactly(2))[1] & 0x7f;
    if (length === 126) length = (await this.exactly(2)).readUInt16BE();
    else if (length === 127) length = Number((await this.exactly(8)).readBigUInt64BE());
    return this.exactly(4 + length);
  }
}

export function framed(value) {
  const bytes = value instanceof Uint8Array ? value : calldata.encode(value);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

export function ws(first, payload) {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([first, bytes.length]), bytes]);
}

/** Tagged form of the vectors to a value. */
export function fromTagged(tagged) {
  if (tagged === null || typeof tagged === 'boolean') return tagged;
  const [[tag, content]] = Object.entries(tagged);
  const hex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
  if (tag === 'i') return BigInt(content);
  if (tag === 's') return content;
  if (tag === 'b') return hex(content);
  if (tag === 'a') return new calldata.AccountAddress(hex(content));
  if (tag === 'l') return content.map(fromTagged);
  return new Map(content.map(([key, item]) => [key, fromTagged(item)]));
}
