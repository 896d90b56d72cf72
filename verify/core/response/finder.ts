/**
 * Finds the first group of a regular expression, fast in k6, too. In k6, each `matchAll` compiles the expression, and
 * one non-ASCII character makes a search five times slower. So Finder searches for the literal parts of the most common
 * shape, `<body[^>]* data-user="([^"]*)"`. For other shapes, it skips the text before the expression's literal start.
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

  /** Returns the first group in the first match; undefined without a match or without the group. */
  first(text: string): string | undefined {
    const search = this.#search;
    if (search !== undefined) return search.find(text, 0) ? text.slice(search.from, search.to) : undefined;
    this.#pattern.lastIndex = 0;
    return this.#pattern.exec(this.#rest(text))?.[1];
  }

  /** Returns the first group in every match; an empty text for a match without the group. */
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
      // Skips an empty match, because the search would find it forever.
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

/** The parts of an expression like `before([^q]*)q…` or `before[^s]*second([^q]*)q…`. q and s are single characters. */
interface Shape {
  before: string;
  /** `stop` is the character s. Set only if the expression has the part `second`. */
  skip: { stop: string; second: string } | undefined;
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

/** Keeps the last match in fields, because creating an object is slow in k6. */
class Search {
  from = 0;
  to = 0;
  end = 0;
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  find(text: string, begin: number): boolean {
    const { before, skip } = this.#shape;
    for (let at = text.indexOf(before, begin); at !== -1; at = text.indexOf(before, at + 1)) {
      const next = at + before.length;
      if (skip === undefined ? this.#groupAt(text, next) : this.#afterSkip(text, next, skip)) return true;
    }
    return false;
  }

  /** Tries the last position of `second` first, because `[^s]*` is greedy. */
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
    if (to === -1 || (after !== quote && !text.startsWith(after, to))) return false;
    this.from = from;
    this.to = to;
    this.end = to + after.length;
    return true;
  }
}

/** Returns the literal text with which every match begins; empty if the expression is too complex for this function. */
function literalStart(source: string): string {
  if (source.includes('|')) return '';
  const [literal = ''] = /^[^\\^$.*+?()[\]{}]*/.exec(source) ?? [];
  // A quantifier such as `*` can make the last character optional.
  return /[*+?{]/.test(source.charAt(literal.length)) ? literal.slice(0, -1) : literal;
}
