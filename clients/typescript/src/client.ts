// The client. Several calls may be under way at once; the module answers them in the order of the calls.
import type { Value } from './calldata.js';
import { Connection } from './connection.js';
import { Aborted, ConnectError, ConnectionLost, DeadlineExceeded, ProtocolError, TransportError } from './errors.js';
import type { Hello } from './hello.js';
import * as messages from './messages.js';
import type { Answer, Call, JsonObject, Method, RenderOptions, RequestOptions, WebResponse } from './messages.js';
import { checkOptions, DEFAULT_OPTIONS, mayAskAgain, parseAddress, pauseAfter, type Address, type Backoff, type Options } from './options.js';
import * as status from './status.js';

export interface ClientOptions extends Partial<Omit<Options, 'backoff'>> {
  backoff?: Partial<Backoff>;
}

/** Of one call. */
export interface CallOptions {
  /** Covers connecting, sending and waiting; default: the client's. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface PromptOptions extends CallOptions {
  /** remaining_fuel_as_gen */
  fuel?: bigint;
  /** PNG or JPEG, at most two */
  images?: readonly Uint8Array[];
}

/**
 * A session with a module. It connects when the first call needs it, and again after the connection was lost.
 *
 * A call that is aborted, or whose deadline passes, gives up its place in the order: its reply is thrown away when it comes.
 * When no other call waits, the session is closed in its place, so that the module stops the work.
 */
export class Client {
  private readonly target: Address;
  private readonly options: Options;
  private connecting: Promise<Connection> | undefined;
  private connection: Connection | undefined;
  private closed = false;

  constructor(
    readonly address: string,
    private readonly hello: Hello,
    options: ClientOptions = {},
  ) {
    this.target = parseAddress(address);
    this.options = { ...DEFAULT_OPTIONS, ...options, backoff: { ...DEFAULT_OPTIONS.backoff, ...options.backoff } };
    checkOptions(this.options);
  }

  /** Ends the session. Calls that wait get ConnectionLost; further ones are Error. */
  close(): void {
    this.closed = true;
    this.connection?.end(new ConnectionLost('this client was closed', true));
  }

  // Requests to the LLM module.

  prompt(text: string, options: PromptOptions = {}): Promise<Answer<string>> {
    const { images = [], fuel = messages.DEFAULT_FUEL } = options;
    return this.call(() => messages.prompt(this.hello.generation, text, images, fuel), options);
  }

  promptJson(text: string, options: PromptOptions = {}): Promise<Answer<JsonObject>> {
    const { images = [], fuel = messages.DEFAULT_FUEL } = options;
    return this.call(() => messages.promptJson(this.hello.generation, text, images, fuel), options);
  }

  eqComparative(leaderAnswer: string, validatorAnswer: string, principle: string, options: PromptOptions = {}): Promise<Answer<boolean>> {
    const slots = { leader_answer: leaderAnswer, validator_answer: validatorAnswer, principle };
    return this.template('EqComparative', slots, messages.booleanOf, options);
  }

  eqNonComparativeLeader(task: string, criteria: string, input: string, options: PromptOptions = {}): Promise<Answer<string>> {
    return this.template('EqNonComparativeLeader', { task, criteria, input }, messages.textOf, options);
  }

  eqNonComparativeValidator(task: string, criteria: string, input: string, output: string, options: PromptOptions = {}): Promise<Answer<boolean>> {
    return this.template('EqNonComparativeValidator', { task, criteria, input, output }, messages.booleanOf, options);
  }

  // Requests to the web module.

  request(method: Method, url: string, options: RequestOptions & CallOptions = {}): Promise<WebResponse> {
    return this.call(() => messages.request(this.hello.generation, method, url, options), options);
  }

  renderText(url: string, options: RenderOptions & CallOptions = {}): Promise<string> {
    return this.call(() => messages.renderText(this.hello.generation, url, 'text', options), options);
  }

  renderHtml(url: string, options: RenderOptions & CallOptions = {}): Promise<string> {
    return this.call(() => messages.renderText(this.hello.generation, url, 'html', options), options);
  }

  screenshot(url: string, options: RenderOptions & CallOptions = {}): Promise<Uint8Array> {
    return this.call(() => messages.screenshot(this.hello.generation, url, options), options);
  }

  // Both.

  /** The module's counters of this session. */
  stats(options: CallOptions = {}): Promise<Value> {
    return this.call(() => messages.stats(), options);
  }

  health(timeoutMs?: number): Promise<status.Health> {
    return status.health(this.address, timeoutMs, this.options);
  }

  metrics(timeoutMs?: number): Promise<status.Sample[]> {
    return status.metrics(this.address, timeoutMs, this.options);
  }

  private template<T>(name: string, slots: { readonly [slot: string]: string }, read: (data: Value) => T, options: PromptOptions): Promise<Answer<T>> {
    const fuel = options.fuel ?? messages.DEFAULT_FUEL;
    return this.call(() => messages.template(this.hello.generation, name, slots, fuel, read), options);
  }

  private async call<T>(make: () => Call<T>, options: CallOptions): Promise<T> {
    const call = make();
    const end = performance.now() + (options.timeoutMs ?? this.options.timeoutMs);
    for (let losses = 1; ; ++losses) {
      const connection = await this.ready(end, options.signal);
      try {
        return await this.exchange(connection, call, end, options.signal);
      } catch (error) {
        if (!(error instanceof ConnectionLost) || !mayAskAgain(this.options, error, losses)) throw error;
      }
      await pause(Math.min(pauseAfter(this.options.backoff, losses), Math.max(0, end - performance.now())));
    }
  }

  private async exchange<T>(connection: Connection, call: Call<T>, end: number, signal: AbortSignal | undefined): Promise<T> {
    const { reply, giveUp } = connection.ask(call.message);
    const abort = (): void => giveUp(new Aborted('the caller aborted the call', true));
    const late = (): void => giveUp(new DeadlineExceeded('the module did not answer within the time allowed', true));
    const timer = setTimeout(late, Math.max(0, end - performance.now()));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      return messages.readReply(call, await reply);
    } catch (error) {
      if (error instanceof ProtocolError) connection.end(error);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  private async ready(end: number, signal: AbortSignal | undefined): Promise<Connection> {
    for (;;) {
      if (this.closed) throw new Error('this client is closed');
      if (signal?.aborted) throw new Aborted('the caller aborted the call', false);
      if (this.connection?.usable) return this.connection;
      const own = this.connecting === undefined;
      this.connecting ??= this.connect(end).finally(() => (this.connecting = undefined));
      try {
        return await within(this.connecting, end, signal);
      } catch (error) {
        // Another call with less time was connecting: this one goes on.
        if (own || !(error instanceof DeadlineExceeded) || performance.now() >= end) throw error;
      }
    }
  }

  private async connect(end: number): Promise<Connection> {
    const { backoff } = this.options;
    for (let failures = 1; ; ++failures) {
      try {
        return this.taken(await Connection.open(this.target, this.hello, this.options, Math.max(0, end - performance.now())));
      } catch (error) {
        const permanent = !(error instanceof ConnectError) || error.permanent;
        if (permanent || failures >= backoff.attempts) throw error;
        const ms = pauseAfter(backoff, failures);
        if (performance.now() + ms >= end) throw new DeadlineExceeded(`no connection within the time allowed: ${error.message}`, false);
        await pause(ms);
      }
      if (this.closed) throw new TransportError('this client was closed', false);
    }
  }

  private taken(connection: Connection): Connection {
    if (this.closed) connection.end(new ConnectionLost('this client was closed', false));
    this.connection = connection;
    return connection;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The promise, unless this call's own time passes or its signal comes first. */
function within<T>(promise: Promise<T>, end: number, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded('no connection within the time allowed', false)), Math.max(0, end - performance.now()));
    const abort = (): void => reject(new Aborted('the caller aborted the call', false));
    signal?.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
  });
}
