/**
 * Finds what a regular expression's first group holds, fast in k6 too. Its engine compiles an expression anew for each
 * `matchAll`, and matches five times slower in a text that has a character beyond ASCII. So the most common shape,
 * such as `<body[^>]* data-user="([^"]*)"`, is searched for by its parts. A match of any other expression that begins
 * with a literal text can only begin where that stands, so all before is cut off, and mostly with it the one such
 * character of a page, in its title.
 */
export class Finder {
  readonly #search: Search | undefined;
  readonly #pattern: RegExp;
  readonly #literal: string;

  /** @param source of a regular expression with a group */
  constructor(source: string) {
    const shape = shapeOf(source);
    this.#search = shape === undefined ? undefined : new Search(shape);
    this.#pattern = new RegExp(source, 'g');
    this.#literal = literalStart(source);
  }

  /** @returns the group of the first match; undefined when there is none or the group is not part of it */
  first(text: string): string | undefined {
    const search = this.#search;
    if (search !== undefined) return search.find(text, 0) ? text.slice(search.from, search.to) : undefined;
    this.#pattern.lastIndex = 0;
    return this.#pattern.exec(this.#rest(text))?.[1];
  }

  /** @returns the group of every match, empty where it is not part of one */
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
      // One that matches nothing at all would be found at the same place for ever.
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

/** `before([^q]*)q…`, or `before[^s]*second([^q]*)q…`: each part ends at the first character that it may not have. */
interface Shape {
  before: string;
  /** What the part between the two texts may not have, and the second of them. */
  skip: { stop: string; second: string } | undefined;
  /** What the group may not have: the first character of `after`. */
  quote: string;
  after: string;
}

/** A text that means itself, without what an expression gives a meaning. */
const TEXT = '[^\\\\^$.*+?()[\\]{}|]+';
const CLASS = '\\[\\^([^\\\\\\]^-])\\]\\*';
const SHAPE = new RegExp(`^(${TEXT})(?:${CLASS}(${TEXT}))?\\(${CLASS}\\)(${TEXT})$`);

function shapeOf(source: string): Shape | undefined {
  const [, before, stop, second, quote, after] = SHAPE.exec(source) ?? [];
  if (before === undefined || quote === undefined || after?.[0] !== quote) return undefined;
  const skip = stop === undefined || second === undefined ? undefined : { stop, second };
  return { before, skip, quote, after };
}

/** Where a shape was found last: to k6 an object for each match would be as dear as the match. */
class Search {
  /** The group. */
  from = 0;
  to = 0;
  /** Of the whole match. */
  end = 0;
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** Looks for the first match from a place on. @returns whether there is one */
  find(text: string, begin: number): boolean {
    const { before, skip } = this.#shape;
    for (let at = text.indexOf(before, begin); at !== -1; at = text.indexOf(before, at + 1)) {
      const next = at + before.length;
      if (skip === undefined ? this.#groupAt(text, next) : this.#afterSkip(text, next, skip)) return true;
    }
    return false;
  }

  /** The part between takes as much as it can: the last place of the second text that it reaches, then those before. */
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
    // What follows the group begins with the quote, and mostly is no more.
    if (to === -1 || (after !== quote && !text.startsWith(after, to))) return false;
    this.from = from;
    this.to = to;
    this.end = to + after.length;
    return true;
  }
}

/** @returns the text that every match begins with; empty when there is no such text, or it is not plain to see */
function literalStart(source: string): string {
  if (source.includes('|')) return '';
  const [literal = ''] = /^[^\\^$.*+?()[\]{}]*/.exec(source) ?? [];
  // What a quantifier follows may not be there.
  return /[*+?{]/.test(source.charAt(literal.length)) ? literal.slice(0, -1) : literal;
}
