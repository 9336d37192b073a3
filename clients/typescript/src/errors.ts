// The errors of the client. All are GenvmError, and each has a `name` of its own. Wrong arguments are TypeError and RangeError.
// - The module answered: UserError, FatalError, BudgetExhausted.
// - No answer: ConnectError (nothing was sent), ConnectionLost, SessionClosed, DeadlineExceeded, Aborted. `maybeExecuted` says
//   whether the module may have received the request.
// - What arrived is not what a module sends: ProtocolError, CalldataError.
import type { Value } from './calldata.js';

export class GenvmError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The module answered with an error. `code` is the first of `causes`, the stable code that hosts match on. */
export class ModuleError extends GenvmError {
  constructor(
    message: string,
    readonly causes: readonly string[],
    readonly ctx: ReadonlyMap<string, Value | number>,
  ) {
    super(message);
  }

  get code(): string {
    return this.causes[0] ?? '';
  }

  /** The sentence for a person; empty when the module sent none. */
  get detail(): string {
    const detail = this.ctx.get('detail');
    return typeof detail === 'string' ? detail : '';
  }
}

/** An error that a contract may catch: a forbidden URL, a page that does not load, an image that is none. */
export class UserError extends ModuleError {
  constructor(causes: readonly string[], ctx: ReadonlyMap<string, Value>) {
    const detail = ctx.get('detail');
    super(typeof detail === 'string' ? `${causes[0] ?? ''}: ${detail}` : (causes[0] ?? ''), causes, ctx);
  }
}

/** An error that a contract may not catch. `causes` and `ctx` are empty when `text` is in neither of the two known forms. */
export class FatalError extends ModuleError {
  constructor(
    readonly text: string,
    causes: readonly string[],
    ctx: ReadonlyMap<string, Value | number>,
    readonly readable: boolean,
  ) {
    super(text, causes, ctx);
  }
}

/** The module's script ended the prompt for lack of budget: an Ok answer without data and 2^256 - 1 gen consumed. */
export class BudgetExhausted extends ModuleError {
  constructor(readonly consumedGen: bigint) {
    super('the budget of this execution is used up', ['INSUFFICIENT_EXECUTION_BUDGET'], new Map());
  }
}

/** There is no answer. `maybeExecuted`: the module may have received the request, so asking again may cost twice. */
export class TransportError extends GenvmError {
  constructor(
    message: string,
    readonly maybeExecuted: boolean,
  ) {
    super(message);
  }
}

/** No session could be opened. `status` is that of an HTTP answer that refused the WebSocket, if there was one. */
export class ConnectError extends TransportError {
  constructor(
    message: string,
    readonly status?: number,
    /** The server's certificate is not to be trusted. */
    readonly untrusted = false,
  ) {
    super(message, false);
  }

  /** Whether trying again is useless: the server is no module, is not trusted, or refuses this client. */
  get permanent(): boolean {
    if (this.untrusted) return true;
    return this.status !== undefined && ![408, 429, 500, 502, 503, 504].includes(this.status);
  }
}

/** The connection ended before the whole answer had arrived. A part of an answer is never delivered. */
export class ConnectionLost extends TransportError {}

/** The module closed the session. `closeCode` is of RFC 6455, 7.4.1; `reason` is the module's sentence. */
export class SessionClosed extends ConnectionLost {
  constructor(
    readonly closeCode: number,
    readonly reason: string,
    maybeExecuted: boolean,
  ) {
    super(`the module closed the session: ${closeCode} ${reason}`.trimEnd(), maybeExecuted);
  }

  /** Whether the same hello and request would end in the same way (a broken hello, a message too large). */
  get permanent(): boolean {
    return [1002, 1003, 1007, 1008, 1009].includes(this.closeCode);
  }
}

/** No answer within the time allowed. The answer is discarded when it comes: it can never become another request's. */
export class DeadlineExceeded extends TransportError {}

/** The caller's AbortSignal ended the call. The answer is discarded when it comes. */
export class Aborted extends TransportError {}

/** What arrived is not what a module sends. The connection is closed, and nothing of it is used. */
export class ProtocolError extends TransportError {
  constructor(message: string) {
    super(message, true);
  }
}

/** Bytes that are not canonical calldata, or a value that calldata cannot carry. `offset` is the byte at fault. */
export class CalldataError extends GenvmError {
  constructor(
    what: string,
    readonly offset: number,
  ) {
    super(`${what} (byte ${offset})`);
  }
}
