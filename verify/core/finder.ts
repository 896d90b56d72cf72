/**
 * Finds what a regular expression's first group holds, fast in k6 too. Its engine compiles an expression anew for each
 * `matchAll`, and matches five times slower in a text that has a character beyond ASCII. So the most common shape,
 * such as `<body[^>]* data-user="([^"]*)"`, is searched for by its parts. A match of any other expression that begins
 * with a literal text can only begin where that stands, so all before is cut off, and mostly with it the one such
 * character of a page, in its title.
 */
export class Finder {
  readonly #shape: Shape | undefined;
  readonly #pattern: RegExp;
  readonly #literal: string;

  /** @param source of a regular expression with a group */
  constructor(source: string) {
    this.#shape = shapeOf(source);
    this.#pattern = new RegExp(source, 'g');
    this.#literal = literalStart(source);
  }

  /** @returns the group of the first match; undefined when there is none or the group is not part of it */
  first(text: string): string | undefined {
    if (this.#shape !== undefined) {
      const match = matchIn(text, 0, this.#shape);
      return match === undefined ? undefined : text.slice(match.from, match.to);
    }
    this.#pattern.lastIndex = 0;
    return this.#pattern.exec(this.#rest(text))?.[1];
  }

  /** @returns the group of every match, empty where it is not part of one */
  all(text: string): string[] {
    const found: string[] = [];
    if (this.#shape !== undefined) {
      let match = matchIn(text, 0, this.#shape);
      for (; match !== undefined; match = matchIn(text, match.end, this.#shape)) {
        found.push(text.slice(match.from, match.to));
      }
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

interface Match {
  /** The group. */
  from: number;
  to: number;
  /** Of the whole match. */
  end: number;
}

function matchIn(text: string, begin: number, shape: Shape): Match | undefined {
  const { before, skip } = shape;
  for (let at = text.indexOf(before, begin); at !== -1; at = text.indexOf(before, at + 1)) {
    const next = at + before.length;
    const match = skip === undefined ? groupAt(text, next, shape) : afterSkip(text, next, shape, skip);
    if (match !== undefined) return match;
  }
  return undefined;
}

/** The part between takes as much as it can: the last place of the second text that it reaches, then those before. */
function afterSkip(
  text: string,
  next: number,
  shape: Shape,
  { stop, second }: { stop: string; second: string },
): Match | undefined {
  const stopped = text.indexOf(stop, next);
  let at = text.lastIndexOf(second, stopped === -1 ? text.length : stopped);
  while (at >= next) {
    const match = groupAt(text, at + second.length, shape);
    if (match !== undefined) return match;
    if (at === 0) return undefined;
    at = text.lastIndexOf(second, at - 1);
  }
  return undefined;
}

function groupAt(text: string, from: number, { quote, after }: Shape): Match | undefined {
  const to = text.indexOf(quote, from);
  if (to === -1 || !text.startsWith(after, to)) return undefined;
  return { from, to, end: to + after.length };
}

/** @returns the text that every match begins with; empty when there is no such text, or it is not plain to see */
function literalStart(source: string): string {
  if (source.includes('|')) return '';
  const [literal = ''] = /^[^\\^$.*+?()[\]{}]*/.exec(source) ?? [];
  // What a quantifier follows may not be there.
  return /[*+?{]/.test(source.charAt(literal.length)) ? literal.slice(0, -1) : literal;
}
