// Requests as a GenVM sends them, and how the reply to each is read. Pure: no input or output.
import { decode, encode, type Encodable, type Value } from './calldata.js';
import { readFatal, type FormValue } from './debug_form.js';
import { BudgetExhausted, CalldataError, FatalError, ProtocolError, UserError } from './errors.js';
import type { Generation } from './hello.js';
import { checkedJson } from './json.js';

/** gen; what `genvm-modules call` sends */
export const DEFAULT_FUEL = 10n ** 18n;
const NO_BUDGET = (1n << 256n) - 1n;
const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH'] as const;

export type Method = (typeof METHODS)[number];

/** The answer of the LLM module. `consumedGen` is what the host charges the contract. */
export interface Answer<T> {
  data: T;
  consumedGen: bigint;
}

/** What a site answered. Header names are lower case; any status is an answer, also 404. */
export interface WebResponse {
  status: number;
  headers: Map<string, Uint8Array>;
  body: Uint8Array;
}

/** A JSON answer: integers are bigint, fractions are number (generation C) or their decimal text (A, B). */
export type JsonObject = Map<string, FormValue>;

/** A request ready to be sent, and the reader of its Ok answer. */
export interface Call<T> {
  message: Uint8Array;
  readOk: (ok: Value) => T;
}

/** The answer in a reply. UserError, FatalError or BudgetExhausted when that is the answer; ProtocolError when it is no reply to this request. */
export function readReply<T>(call: Call<T>, frame: Uint8Array): T {
  const reply = decoded(frame);
  if (!(reply instanceof Map) || reply.size !== 1) return wrong('a reply is a map with one key', reply);
  const [variant, content] = [...reply][0] as [string, Value];
  if (variant === 'Ok') return call.readOk(content);
  if (variant === 'UserError') throw userError(content);
  if (variant === 'FatalError' && typeof content === 'string') {
    const { readable, causes, ctx } = readFatal(content);
    throw new FatalError(content, causes, ctx, readable);
  }
  return wrong('a reply is Ok, UserError or FatalError', reply);
}

/** The error for a reply that no request asked for. In the length-prefixed framing a module refuses a hello in that way. */
export function unasked(frame: Uint8Array): ProtocolError {
  const reply = decoded(frame);
  const text = reply instanceof Map ? reply.get('FatalError') : undefined;
  return new ProtocolError(`the module sent a reply that no request asked for${typeof text === 'string' ? `: ${text.slice(0, 500)}` : ''}`);
}

function decoded(frame: Uint8Array): Value {
  try {
    return decode(frame);
  } catch (error) {
    if (error instanceof CalldataError) throw new ProtocolError(`the reply is not canonical calldata: ${error.message}`);
    throw error;
  }
}

function wrong(expected: string, found: unknown): never {
  const shown = found instanceof Map ? `a map of ${[...found.keys()].join(', ')}` : typeof found === 'string' ? `"${found}"` : String(found);
  throw new ProtocolError(`${expected}; the module sent ${shown.slice(0, 200)}`);
}

function userError(content: Value): UserError {
  const causes = content instanceof Map ? content.get('causes') : undefined;
  const ctx = content instanceof Map ? content.get('ctx') : undefined;
  if (!Array.isArray(causes) || !causes.every((cause) => typeof cause === 'string') || !(ctx instanceof Map)) {
    return wrong('a UserError has causes and ctx', content);
  }
  return new UserError(causes as string[], ctx);
}

export function prompt(generation: Generation, text: string, images: readonly Uint8Array[], fuel: bigint): Call<Answer<string>> {
  return promptCall(generation, text, 'text', images, fuel, textOf);
}

export function promptJson(generation: Generation, text: string, images: readonly Uint8Array[], fuel: bigint): Call<Answer<JsonObject>> {
  return promptCall(generation, text, 'json', images, fuel, generation === 'c' ? jsonTextOf : mapOf);
}

function promptCall<T>(
  generation: Generation,
  text: string,
  format: string,
  images: readonly Uint8Array[],
  fuel: bigint,
  read: (data: Value) => T,
): Call<Answer<T>> {
  mustBe('string', { prompt: text });
  if (!images.every((image) => image instanceof Uint8Array)) throw new TypeError('images are Uint8Arrays');
  return llmCall(generation, 'Prompt', { response_format: format, prompt: text, images }, fuel, read);
}

export function template<T>(
  generation: Generation,
  name: string,
  slots: { readonly [slot: string]: string },
  fuel: bigint,
  read: (data: Value) => T,
): Call<Answer<T>> {
  mustBe('string', slots);
  return llmCall(generation, 'PromptTemplate', { template: name, ...slots }, fuel, read);
}

function llmCall<T>(generation: Generation, variant: string, payload: Encodable, fuel: bigint, read: (data: Value) => T): Call<Answer<T>> {
  mustBe('bigint', { fuel });
  const bits = generation === 'b' ? 64n : 256n;
  if (fuel < 0n || fuel >> bits !== 0n) throw new RangeError(`fuel is a number from 0 to 2^${bits} - 1`);
  const message = encode({ [variant]: { payload, remaining_fuel_as_gen: fuel } });
  return { message, readOk: (ok) => llmAnswer(ok, read) };
}

function llmAnswer<T>(ok: Value, read: (data: Value) => T): Answer<T> {
  const data = ok instanceof Map ? ok.get('data') : undefined;
  const consumedGen = ok instanceof Map ? ok.get('consumed_gen') : undefined;
  if (data === undefined) return wrong('an answer is a map with data and consumed_gen', ok);
  if (typeof consumedGen !== 'bigint' || consumedGen < 0n) return wrong('consumed_gen is an unsigned integer', consumedGen);
  if (consumedGen === NO_BUDGET && data === '') throw new BudgetExhausted(consumedGen);
  return { data: read(data), consumedGen };
}

export interface RequestOptions {
  headers?: { readonly [name: string]: Uint8Array };
  body?: Uint8Array | null;
  sign?: boolean;
  /** bytes of the answer's body at most; generation C only */
  sizeLimit?: number;
}

export function request(generation: Generation, method: Method, url: string, options: RequestOptions): Call<WebResponse> {
  const { headers = {}, body = null, sign = false, sizeLimit } = options;
  if (!METHODS.includes(method)) throw new RangeError(`method is one of ${METHODS.join(', ')}, not ${String(method)}`);
  mustBe('string', { url });
  const message = webMessage(generation, 'Request', { method, url, headers, body, sign }, sizeLimit);
  return { message, readOk: (ok) => webResponse(ok, sizeLimit) };
}

export interface RenderOptions {
  /** such as "500ms" or "2s" */
  waitAfterLoaded?: string;
  sizeLimit?: number;
}

export function renderText(generation: Generation, url: string, mode: 'text' | 'html', options: RenderOptions): Call<string> {
  return { message: renderMessage(generation, url, mode, options), readOk: pageText };
}

export function screenshot(generation: Generation, url: string, options: RenderOptions): Call<Uint8Array> {
  return { message: renderMessage(generation, url, 'screenshot', options), readOk: pageImage };
}

function renderMessage(generation: Generation, url: string, mode: string, options: RenderOptions): Uint8Array {
  mustBe('string', { url });
  const wait = options.waitAfterLoaded === undefined ? {} : { wait_after_loaded: options.waitAfterLoaded };
  return webMessage(generation, 'Render', { mode, url, ...wait }, options.sizeLimit);
}

export function stats(): Call<Value> {
  return { message: encode('GetStats'), readOk: (ok) => ok };
}

function webMessage(generation: Generation, variant: string, payload: Encodable, sizeLimit: number | undefined): Uint8Array {
  if (sizeLimit === undefined) return encode({ [variant]: payload });
  if (generation !== 'c') throw new RangeError('sizeLimit is of generation C only');
  if (!Number.isSafeInteger(sizeLimit) || sizeLimit < 0) throw new RangeError('sizeLimit is a number of bytes');
  return encode({ [variant]: [payload, sizeLimit] });
}

function mustBe(kind: string, fields: { readonly [name: string]: unknown }): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== kind) throw new TypeError(`${name}: expected ${kind}, found ${typeof value}`);
  }
}

export function textOf(data: Value): string {
  return typeof data === 'string' ? data : wrong('the answer to this request is a text', data);
}

export function booleanOf(data: Value): boolean {
  return typeof data === 'boolean' ? data : wrong('the answer to this request is true or false', data);
}

function mapOf(data: FormValue): JsonObject {
  return data instanceof Map ? (data as JsonObject) : wrong('the answer to this request is a map', data);
}

function jsonTextOf(data: Value): JsonObject {
  try {
    return mapOf(checkedJson(textOf(data)));
  } catch (error) {
    if (error instanceof SyntaxError) throw new ProtocolError(`the answer to this request is JSON text: ${error.message}`);
    throw error;
  }
}

function webResponse(ok: Value, sizeLimit: number | undefined): WebResponse {
  const response = ok instanceof Map ? ok.get('response') : undefined;
  if (!(response instanceof Map)) return wrong('the answer to this request is a map with response', ok);
  const [status, headers, body] = [response.get('status'), response.get('headers'), response.get('body')];
  if (typeof status !== 'bigint' || status < 100n || status > 999n) return wrong('status is an HTTP status', status);
  if (!(headers instanceof Map) || ![...headers.values()].every((value) => value instanceof Uint8Array)) {
    return wrong('headers are a map of bytes', headers);
  }
  if (!(body instanceof Uint8Array)) return wrong('body is bytes', body);
  if (sizeLimit !== undefined && body.length > sizeLimit) return wrong(`body has at most ${sizeLimit} bytes`, body.length);
  return { status: Number(status), headers: headers as Map<string, Uint8Array>, body };
}

function pageText(ok: Value): string {
  const text = ok instanceof Map ? ok.get('text') : undefined;
  return typeof text === 'string' ? text : wrong('the answer to this request is a map with text', ok);
}

function pageImage(ok: Value): Uint8Array {
  const image = ok instanceof Map ? ok.get('image') : undefined;
  const isPng = image instanceof Uint8Array && PNG.every((byte, i) => image[i] === byte);
  return isPng ? image : wrong('the answer to this request is a map with image, a PNG', ok);
}
