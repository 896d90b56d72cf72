/**
 * Parses a stream of EDN (https://github.com/edn-format/edn) or JSON. Does not use the npm package edn-data, because it
 * accepts unclosed forms, does not report the position of an error, and needs the whole file in memory.
 */

/** An EDN value. Keywords, symbols, characters and strings become texts; sets become lists; tags are ignored. */
export type Edn = null | boolean | number | string | Edn[] | Map<string, Edn>;

/** Thrown if the input is not EDN. The message contains the position. */
export class EdnError extends Error {
  override name = 'EdnError';
}

interface Frame {
  closes: string;
  items: Edn[];
  /** Number of forms that follow and must be ignored, because of `#_`. */
  discards: number;
  line: number;
  column: number;
}

const CLOSES: Record<string, string> = { '[': ']', '(': ')', '{': '}' };
const ESCAPES: Record<string, string> = { t: '\t', r: '\r', n: '\n', b: '\b', f: '\f' };
const CHARACTERS: Record<string, string> = { space: ' ', newline: '\n', return: '\r', tab: '\t' };
const DEEPEST = 64;
const LONGEST = 1_000_000;

type Mode = 'idle' | 'token' | 'string' | 'escape' | 'unicode' | 'comment';

/** Parses a text in pieces. Pass each piece to `feed`, and call `end` after the last one. */
export class EdnReader {
  readonly #onForm: (form: Edn, line: number) => void;
  readonly #stack: Frame[] = [];
  #mode: Mode = 'idle';
  #text = '';
  #unicode = '';
  #json: boolean | undefined;
  #discards = 0;
  #line = 1;
  #column = 0;

  /** @param onForm called with each top-level form, or with each member of a list or vector around all forms */
  constructor(onForm: (form: Edn, line: number) => void) {
    this.#onForm = onForm;
  }

  /** @throws EdnError if the text is not EDN */
  feed(text: string): void {
    for (const char of text) {
      this.#column++;
      this.#take(char);
      if (char !== '\n') continue;
      this.#line++;
      this.#column = 0;
    }
  }

  /** @throws EdnError if a form is not closed */
  end(): void {
    this.#take('\n');
    const open = this.#stack.at(-1);
    if (this.#mode !== 'idle') throw this.#error('a string is never closed');
    if (open === undefined) return;
    throw this.#error(
      `expected "${open.closes.slice(-1)}" to close what was opened at line ${open.line}, column ${open.column}, and the file ends`,
    );
  }

  #take(char: string): void {
    switch (this.#mode) {
      case 'idle':
        this.#idle(char);
        break;
      case 'comment':
        if (char === '\n') this.#mode = 'idle';
        break;
      case 'string':
        this.#string(char);
        break;
      case 'escape':
        this.#escape(char);
        break;
      case 'unicode':
        this.#unicode += char;
        if (this.#unicode.length === 4) this.#character();
        break;
      default:
        this.#token(char);
    }
  }

  #idle(char: string): void {
    if (this.#isSpace(char)) return;
    if (char === '"') {
      this.#json ??= this.#stack.at(-1)?.closes === '}';
      this.#begin('string');
    } else if (char === ';' && this.#json !== true) this.#mode = 'comment';
    else if (CLOSES[char] !== undefined) this.#open(CLOSES[char]);
    else if (char === ']' || char === ')' || char === '}') this.#close(char);
    else {
      if (this.#stack.at(-1)?.closes === '}') this.#json ??= false;
      this.#begin('token');
      this.#text = char;
    }
  }

  #isSpace(char: string): boolean {
    return (
      char === ' ' ||
      char === ',' ||
      char === '\n' ||
      char === '\t' ||
      char === '\r' ||
      (char === ':' && this.#json === true)
    );
  }

  #begin(mode: Mode): void {
    this.#mode = mode;
    this.#text = '';
  }

  #string(char: string): void {
    if (char === '\\') this.#mode = 'escape';
    else if (char === '"') {
      this.#mode = 'idle';
      this.#form(this.#text);
    } else this.#text += char;
    if (this.#text.length > LONGEST) throw this.#error(`a text of more than ${LONGEST} characters`);
  }

  #escape(char: string): void {
    this.#mode = 'string';
    if (char === 'u') {
      this.#unicode = '';
      this.#mode = 'unicode';
    } else this.#text += ESCAPES[char] ?? char;
  }

  #character(): void {
    if (!/^[0-9a-fA-F]{4}$/.test(this.#unicode))
      throw this.#error(`expected four hex digits after \\u, got "${this.#unicode}"`);
    this.#text += String.fromCharCode(Number.parseInt(this.#unicode, 16));
    this.#mode = 'string';
  }

  #token(char: string): void {
    const text = this.#text;
    // `\[` is a character, `#{` begins a set, `#_` ignores the next form.
    if (text === '\\') this.#text += char;
    else if (text === '#' && char === '{') {
      this.#mode = 'idle';
      this.#open('}', true);
    } else if (text === '#' && char === '_') {
      this.#mode = 'idle';
      const top = this.#stack.at(-1);
      if (top === undefined) this.#discards++;
      else top.discards++;
    } else if (this.#isSpace(char) || '"[](){};'.includes(char)) {
      this.#mode = 'idle';
      this.#scalar(text);
      this.#idle(char);
    } else if (text.length > LONGEST) throw this.#error(`a token of more than ${LONGEST} characters`);
    else this.#text += char;
  }

  #scalar(text: string): void {
    if (text.startsWith('#')) return;
    if (text === 'nil' || (text === 'null' && this.#json === true)) this.#form(null);
    else if (text === 'true' || text === 'false') this.#form(text === 'true');
    else if (/^[-+]?\d/.test(text)) this.#form(this.#number(text));
    else if (text.startsWith('\\')) this.#form(CHARACTERS[text.slice(1)] ?? text.slice(1));
    else if (/^:?[\p{L}*+!_?$%&=<>./-][^\s]*$/u.test(text)) this.#form(text.replace(/^:/, ''));
    else throw this.#error(`expected EDN or JSON, got ${JSON.stringify(text.slice(0, 40))}`);
  }

  /** Parses a number. An integer beyond the safe range stays a text: that is enough, since values are only compared. */
  #number(text: string): number | string {
    const plain = text.replace(/[NM]$/, '');
    const value = Number(plain);
    if (Number.isNaN(value)) throw this.#error(`expected a number, got ${JSON.stringify(text.slice(0, 40))}`);
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? plain : value;
  }

  #open(closes: string, set = false): void {
    if (this.#stack.length >= DEEPEST) throw this.#error(`nested more than ${DEEPEST} deep`);
    this.#stack.push({
      closes: set ? '#}' : closes,
      items: [],
      discards: 0,
      line: this.#line,
      column: this.#column,
    });
  }

  #close(char: string): void {
    const top = this.#stack.pop();
    if (top === undefined) throw this.#error(`"${char}" closes nothing`);
    if (!top.closes.endsWith(char)) {
      throw this.#error(
        `expected "${top.closes.slice(-1)}" to close line ${top.line}, column ${top.column}, got "${char}"`,
      );
    }
    // The outermost list or vector contains the whole history. Its forms were already passed to `onForm`.
    if (this.#stack.length === 0 && top.closes !== '}' && top.closes !== '#}') return;
    this.#form(top.closes === '}' ? this.#map(top.items) : top.items);
  }

  #map(items: readonly Edn[]): Map<string, Edn> {
    if (items.length % 2 > 0) throw this.#error('a map with a key that has no value');
    const map = new Map<string, Edn>();
    for (let i = 0; i < items.length; i += 2) map.set(textOf(items[i] ?? null), items[i + 1] ?? null);
    return map;
  }

  #form(value: Edn): void {
    const top = this.#stack.at(-1);
    if (top !== undefined && top.discards > 0) top.discards--;
    else if (top === undefined && this.#discards > 0) this.#discards--;
    else if (top === undefined || (this.#stack.length === 1 && (top.closes === ']' || top.closes === ')')))
      this.#onForm(value, this.#line);
    else top.items.push(value);
  }

  #error(what: string): EdnError {
    return new EdnError(`line ${this.#line}, column ${this.#column}: ${what}`);
  }
}

/** Returns a text that is the same only for equal values. A keyword and a string with its name give the same text. */
export function textOf(value: Edn): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`;
  if (value instanceof Map) return `{${[...value].map(([name, of]) => `${name} ${textOf(of)}`).join(' ')}}`;
  return String(value);
}
