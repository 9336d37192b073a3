// JSON read strictly: JSON.parse takes the last of two equal keys and rounds large integers without a word.
import type { FormValue } from './debug_form.js';

const MAX_DEPTH = 256;
const MAX_DIGITS = 10_000; // reading a decimal number takes time that grows faster than its digits
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

/** Objects become Maps, integers bigint, other numbers number. SyntaxError for what RFC 8259 does not allow, and for a key that occurs twice. */
export function checkedJson(text: string): FormValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  end(): void {
    this.match(SPACE);
    if (this.at !== this.text.length) throw new SyntaxError(`text after the JSON value at ${this.at}`);
  }

  value(depth: number): FormValue {
    if (depth > MAX_DEPTH) throw new SyntaxError('JSON is nested too deeply');
    this.match(SPACE);
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth + 1);
      case '[':
        return this.array(depth + 1);
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) throw new SyntaxError(`no JSON at ${this.at}`);
    this.at += found[0].length;
    return found;
  }

  private take(token: string): boolean {
    this.match(SPACE);
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw new SyntaxError(`expected ${token} at ${this.at}`);
  }

  private word<T>(word: string, value: T): T {
    this.expect(word);
    return value;
  }

  private string(): string {
    const start = this.at;
    if (this.text[this.at++] !== '"') throw new SyntaxError(`expected a string at ${start}`);
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new SyntaxError('a string is cut off');
      this.at += this.text[this.at] === '\\' ? 2 : 1;
    }
    // JSON.parse judges the escapes and refuses control characters.
    return JSON.parse(this.text.slice(start, ++this.at)) as string;
  }

  private number(): FormValue {
    const found = this.match(NUMBER);
    if (found[0].length > MAX_DIGITS) throw new SyntaxError('a number is too long');
    return found[1] === undefined && found[2] === undefined ? BigInt(found[0]) : Number(found[0]);
  }

  private array(depth: number): FormValue[] {
    this.expect('[');
    const items: FormValue[] = [];
    if (this.take(']')) return items;
    do items.push(this.value(depth));
    while (this.take(','));
    this.expect(']');
    return items;
  }

  private object(depth: number): Map<string, FormValue> {
    this.expect('{');
    const out = new Map<string, FormValue>();
    if (this.take('}')) return out;
    do {
      this.match(SPACE);
      const key = this.string();
      if (out.has(key)) throw new SyntaxError('a key occurs twice');
      this.expect(':');
      out.set(key, this.value(depth));
    } while (this.take(','));
    this.expect('}');
    return out;
  }
}
