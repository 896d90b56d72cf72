/**
 * Parses EDN (https://github.com/edn-format/edn), the format of Jepsen histories, or JSON, in pieces. The npm package
 * edn-data accepts unclosed forms, reports no positions, and needs the whole file in memory.
 */

/** A parsed value. Keywords, symbols, characters and strings are texts, and sets are lists. Tags are ignored. */
export type Edn = null | boolean | number | string | Edn[] | Map<string, Edn>;

/** Thrown if the input is neither EDN nor JSON. The message names line and column. */
export class EdnError extends Error {
  override name = 'EdnError';
}

interface Frame {
  closes: string;
  items: Edn[];
  /** Number of following forms to ignore, because the text has `#_` before them. */
  discards: number;
  line: number;
  column: number;
}

/** A colon counts as space: it begins a keyword in EDN, and separates key and value in JSON. */
const TOKEN =
  /[\s,:]+|;.*|#_|#\{|[[\](){}]|"(?:[^"\\]|\\[\s\S])*"|(?:\\[\s\S]|[^\s,:;"[\](){}])[^\s,;"[\](){}]*/y;
/** Matches tokens that are complete even at the end of a piece. A word or comment may continue in the next piece. */
const WHOLE = /^(?:#_|#\{|[\s,:"[\](){}])/;
const CLOSES: Record<string, string> = { '[': ']', '(': ')', '{': '}', '#{': '#}' };
const ESCAPES: Record<string, string> = { t: '\t', r: '\r', n: '\n', b: '\b', f: '\f' };
const CHARACTERS: Record<string, string> = { space: ' ', newline: '\n', return: '\r', tab: '\t' };
const DEEPEST = 64;
const LONGEST = 1_000_000;

/** Parses a text in pieces: pass each piece to `feed`, then call `end`. */
export class EdnReader {
  readonly #onForm: (form: Edn, line: number) => void;
  /** Forms without their closing bracket, the innermost last. The first of them stands for the whole file. */
  readonly #stack: Frame[] = [{ closes: '', items: [], discards: 0, line: 1, column: 0 }];
  #rest = '';
  #line = 1;
  #column = 0;

  /** @param onForm called with each form of the file, or with each member if the file is a single list or vector */
  constructor(onForm: (form: Edn, line: number) => void) {
    this.#onForm = onForm;
  }

  /**
   * Parses the next piece of a text.
   *
   * @throws EdnError if the text is not EDN
   */
  feed(text: string): void {
    this.#rest += text;
    let at = 0;
    for (;;) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(this.#rest)?.[0];
      if (token === undefined || (at + token.length === this.#rest.length && !WHOLE.test(token))) break;
      at += token.length;
      const lines = token.split('\n');
      this.#line += lines.length - 1;
      this.#column = (lines.length > 1 ? 0 : this.#column) + (lines.at(-1) ?? '').length;
      this.#take(token);
    }
    this.#rest = this.#rest.slice(at);
    if (this.#rest.length > LONGEST) throw this.#error(`a text of more than ${LONGEST} characters`);
  }

  /**
   * Call this at the end of the text.
   *
   * @throws EdnError if a form is not closed
   */
  end(): void {
    this.feed(' '); // The space marks the end of the last word.
    if (this.#rest.startsWith('"')) throw this.#error('a string is never closed');
    const { closes, line, column } = this.#top();
    if (closes === '') return;
    throw this.#error(
      `expected "${closes.slice(-1)}" to close what was opened at line ${line}, column ${column}, but the file ends`,
    );
  }

  #take(token: string): void {
    if (/^[\s,:;]/.test(token)) return;
    const closes = CLOSES[token];
    if (token === '#_') this.#top().discards++;
    else if (closes !== undefined) this.#open(closes);
    else if (/^[\])}]/.test(token)) this.#close(token);
    else if (token.startsWith('"')) this.#form(this.#string(token.slice(1, -1)));
    else if (!token.startsWith('#')) this.#form(this.#word(token));
  }

  #string(text: string): string {
    return text.replaceAll(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, char: string) => {
      if (char === 'u') throw this.#error('expected four hex digits after \\u');
      return char.length > 1
        ? String.fromCharCode(Number.parseInt(char.slice(1), 16))
        : (ESCAPES[char] ?? char);
    });
  }

  #word(text: string): Edn {
    if (text === 'nil' || text === 'null') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    if (/^[-+]?\d/.test(text)) {
      const plain = text.replace(/[NM]$/, '');
      const value = Number(plain);
      if (Number.isNaN(value))
        throw this.#error(`expected a number, got ${JSON.stringify(text.slice(0, 40))}`);
      // An integer that is too large for a JavaScript number remains a text, because values are only compared.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? plain : value;
    }
    if (text.startsWith('\\')) return CHARACTERS[text.slice(1)] ?? text.slice(1);
    if (/^[\p{L}*+!_?$%&=<>./-]/u.test(text)) return text;
    throw this.#error(`expected EDN or JSON, got ${JSON.stringify(text.slice(0, 40))}`);
  }

  #open(closes: string): void {
    if (this.#stack.length > DEEPEST) throw this.#error(`nested more than ${DEEPEST} deep`);
    this.#stack.push({ closes, items: [], discards: 0, line: this.#line, column: this.#column });
  }

  #close(char: string): void {
    const { closes, items, line, column } = this.#top();
    if (closes === '') throw this.#error(`"${char}" closes nothing`);
    if (!closes.endsWith(char))
      throw this.#error(
        `expected "${closes.slice(-1)}" to close line ${line}, column ${column}, got "${char}"`,
      );
    const whole = this.#isWhole();
    this.#stack.pop();
    if (!whole) this.#form(closes === '}' ? this.#map(items) : items);
  }

  #map(items: readonly Edn[]): Map<string, Edn> {
    if (items.length % 2 > 0) throw this.#error('a map with a key that has no value');
    const map = new Map<string, Edn>();
    for (let i = 0; i < items.length; i += 2) map.set(textOf(items[i] ?? null), items[i + 1] ?? null);
    return map;
  }

  #form(value: Edn): void {
    const top = this.#top();
    if (top.discards > 0) top.discards--;
    else if (top.closes === '' || this.#isWhole()) this.#onForm(value, this.#line);
    else top.items.push(value);
  }

  #isWhole(): boolean {
    return this.#stack.length === 2 && /^[\])]$/.test(this.#top().closes);
  }

  #top = (): Frame => this.#stack.at(-1) as Frame;

  #error(what: string): EdnError {
    return new EdnError(`line ${this.#line}, column ${this.#column}: ${what}`);
  }
}

/** Returns a text that is equal only for equal values. A keyword equals the string of its name. */
export function textOf(value: Edn): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`;
  if (value instanceof Map) return `{${[...value].map(([name, of]) => `${name} ${textOf(of)}`).join(' ')}}`;
  return String(value);
}
