// Reads the text of a FatalError: one line of JSON (generation C), or the debug form of the field's modules (A and B).
import type { Value } from './calldata.js';
import { checkedJson } from './json.js';

const MAX_DEPTH = 256;
const NUMBER = /NaN|-?(?:inf|[0-9]+\.[0-9]+(?:e-?[0-9]+)?|[0-9]e-?[0-9]+)/y;
const PLAIN = /[^"\\]*/y;
const UNICODE = /\{([0-9a-fA-F]{1,6})\}/y;
const BYTE = /[0-9]{1,3}/y;
const ESCAPES = new Map([['t', '\t'], ['n', '\n'], ['r', '\r'], ['0', '\0'], ['"', '"'], ['\\', '\\'], ["'", "'"]]);

/** A number that is no integer stays one. */
export type FormValue = Value | number | FormValue[] | Map<string, FormValue>;

export interface FatalForm {
  readable: boolean;
  causes: string[];
  ctx: Map<string, Value | number>;
}

/** A text of neither form is not readable, and has neither causes nor ctx. */
export function readFatal(text: string): FatalForm {
  try {
    const error = text.startsWith('{') ? checkedJson(text) : new Reader(text).whole();
    const causes = error instanceof Map ? error.get('causes') : undefined;
    const ctx = error instanceof Map ? error.get('ctx') : undefined;
    if (!Array.isArray(causes) || !causes.every((cause) => typeof cause === 'string')) throw new SyntaxError('no causes');
    return { readable: true, causes: causes as string[], ctx: (ctx instanceof Map ? ctx : new Map()) as Map<string, Value | number> };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return { readable: false, causes: [], ctx: new Map() };
  }
}

// ModuleError { causes: ["CODE"], fatal: true, ctx: {"key": Str("text")} }
class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  whole(): FormValue {
    const out = new Map<string, FormValue>();
    this.expect('ModuleError { causes: ');
    out.set('causes', this.list(() => this.quoted()));
    this.expect(', fatal: ');
    out.set('fatal', this.boolean());
    this.expect(', ctx: ');
    out.set('ctx', this.map(0));
    this.expect(' }');
    if (this.at !== this.text.length) throw new SyntaxError('text after the error');
    return out;
  }

  private take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw new SyntaxError(`expected ${token} at ${this.at}`);
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) throw new SyntaxError(`not of the debug form at ${this.at}`);
    this.at += found[0].length;
    return found;
  }

  private boolean(): boolean {
    if (this.take('true')) return true;
    this.expect('false');
    return false;
  }

  private quoted(): string {
    this.expect('"');
    let out = '';
    for (;;) {
      out += this.match(PLAIN)[0];
      if (this.take('"')) return out;
      this.expect('\\');
      out += this.escape();
    }
  }

  private escape(): string {
    const name = this.text[this.at++] ?? '';
    if (name === 'u') return String.fromCodePoint(parseInt(this.match(UNICODE)[1] as string, 16));
    const meaning = ESCAPES.get(name);
    if (meaning === undefined) throw new SyntaxError(`an unknown escape at ${this.at}`);
    return meaning;
  }

  private list<T>(item: () => T): T[] {
    this.expect('[');
    const items: T[] = [];
    while (!this.take(']')) {
      if (items.length > 0) this.expect(', ');
      items.push(item());
    }
    return items;
  }

  private map(depth: number): Map<string, FormValue> {
    this.expect('{');
    const out = new Map<string, FormValue>();
    while (!this.take('}')) {
      if (out.size > 0) this.expect(', ');
      const key = this.quoted();
      this.expect(': ');
      out.set(key, this.value(depth + 1));
    }
    return out;
  }

  private number(): FormValue {
    const text = this.match(NUMBER)[0];
    const number = Number(text.replace('inf', 'Infinity'));
    return Number.isInteger(number) ? BigInt(number) : number;
  }

  private bytes(): Uint8Array {
    const items = this.list(() => Number(this.match(BYTE)[0]));
    if (items.some((byte) => byte > 255)) throw new SyntaxError('a byte over 255');
    return Uint8Array.from(items);
  }

  private value(depth: number): FormValue {
    if (depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
    if (this.take('Null')) return null;
    const value = this.inner(depth);
    this.expect(')');
    return value;
  }

  private inner(depth: number): FormValue {
    if (this.take('Bool(')) return this.boolean();
    if (this.take('Number(')) return this.number();
    if (this.take('Str(')) return this.quoted();
    if (this.take('Bytes(')) return this.bytes();
    if (this.take('Array(')) return this.list(() => this.value(depth + 1));
    if (this.take('Map(')) return this.map(depth + 1);
    throw new SyntaxError(`no value at ${this.at}`);
  }
}
