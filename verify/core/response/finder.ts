/**
 * Finds the first group of a regular expression, and is fast in k6, too. There, each `matchAll` compiles the expression
 * again, and one non-ASCII character in the text makes it five times slower. So for an expression of the most common
 * shape, such as `<body[^>]* data-user="([^"]*)"`, its literal parts are searched instead. For others that begin with a
 * literal text, the page before this text is cut off, because often only the page's title has non-ASCII characters.
 */
export class Finder {
  readonly #search: Search | undefined;
  readonly #pattern: RegExp;
  readonly #literal: string;

  constructor(source: string) {
    const shape = shapeOf(source);
    this.#search = shape === undefined ? undefined : new Search(shape);
    this.#pattern = new RegExp(source, 'g');
    this.#literal = literalStart(source);
  }

  /** Returns undefined if there is no match, or the group took no part in it. */
  first(text: string): string | undefined {
    const search = this.#search;
    if (search !== undefined) return search.find(text, 0) ? text.slice(search.from, search.to) : undefined;
    this.#pattern.lastIndex = 0;
    return this.#pattern.exec(this.#rest(text))?.[1];
  }

  /** A match without the group gives an empty text. */
  all(text: string): string[] {
    const found: string[] = [];
    const search = this.#search;
    if (search !== undefined) {
      for (let at = 0; search.find(text, at); at = search.end) found.push(text.slice(search.from, search.to));
      return found;
    }
    const rest = this.#rest(text);
    this.#pattern.lastIndex = 0;
    for (let match = this.#pattern.exec(rest); match !== null; match = this.#pattern.exec(rest)) {
      found.push(match[1] ?? '');
      // An empty match would otherwise be found again without end.
      if (match[0] === '') this.#pattern.lastIndex++;
    }
    return found;
  }

  #rest(text: string): string {
    if (this.#literal === '') return text;
    const at = text.indexOf(this.#literal);
    return at === -1 ? '' : text.slice(at);
  }
}

/** The parts of `before([^q]*)q…` or `before[^s]*second([^q]*)q…`, where q and s are single characters. */
interface Shape {
  before: string;
  /** Of the second form: the character s, and the literal text before the group. */
  skip: { stop: string; second: string } | undefined;
  /** The character q, at which the group ends. `after` begins with it. */
  quote: string;
  after: string;
}

const TEXT = '[^\\\\^$.*+?()[\\]{}|]+';
const CLASS = '\\[\\^([^\\\\\\]^-])\\]\\*';
const SHAPE = new RegExp(`^(${TEXT})(?:${CLASS}(${TEXT}))?\\(${CLASS}\\)(${TEXT})$`);

function shapeOf(source: string): Shape | undefined {
  const [, before, stop, second, quote, after] = SHAPE.exec(source) ?? [];
  if (before === undefined || quote === undefined || after?.[0] !== quote) return undefined;
  const skip = stop === undefined || second === undefined ? undefined : { stop, second };
  return { before, skip, quote, after };
}

/**
 * Searches for an expression by its parts. Keeps the place of the last match in fields, because a new object is slow in
 * k6.
 */
class Search {
  /** Start and end of the group in the text. */
  from = 0;
  to = 0;
  end = 0;
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** Searches at or after `begin`. */
  find(text: string, begin: number): boolean {
    const { before, skip } = this.#shape;
    for (let at = text.indexOf(before, begin); at !== -1; at = text.indexOf(before, at + 1)) {
      const next = at + before.length;
      if (skip === undefined ? this.#groupAt(text, next) : this.#afterSkip(text, next, skip)) return true;
    }
    return false;
  }

  /** Tries the last place of `second` first, because in a regular expression `[^s]*` matches as much as possible. */
  #afterSkip(text: string, next: number, { stop, second }: { stop: string; second: string }): boolean {
    const stopped = text.indexOf(stop, next);
    let at = text.lastIndexOf(second, stopped === -1 ? text.length : stopped);
    while (at >= next) {
      if (this.#groupAt(text, at + second.length)) return true;
      if (at === 0) return false;
      at = text.lastIndexOf(second, at - 1);
    }
    return false;
  }

  #groupAt(text: string, from: number): boolean {
    const { quote, after } = this.#shape;
    const to = text.indexOf(quote, from);
    // Usually `after` is only the character q.
    if (to === -1 || (after !== quote && !text.startsWith(after, to))) return false;
    this.from = from;
    this.to = to;
    this.end = to + after.length;
    return true;
  }
}

/** The literal text with which every match begins. Empty if it is not simple to find. */
function literalStart(source: string): string {
  if (source.includes('|')) return '';
  const [literal = ''] = /^[^\\^$.*+?()[\]{}]*/.exec(source) ?? [];
  // Before a quantifier such as `*`, the last character of the literal text may be absent.
  return /[*+?{]/.test(source.charAt(literal.length)) ? literal.slice(0, -1) : literal;
}
