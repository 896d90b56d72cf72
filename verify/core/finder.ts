/**
 * Finds what a regular expression's first group holds, fast in k6 too: its engine compiles an expression anew for each
 * `matchAll`, and matches five times slower in a text that has a character beyond ASCII. A match of an expression that
 * begins with a literal text can only begin where that stands, so all before is cut off, and mostly with it the one
 * such character of a page, in its title.
 */
export class Finder {
  readonly #pattern: RegExp;
  readonly #literal: string;

  /** @param source of a regular expression with a group */
  constructor(source: string) {
    this.#pattern = new RegExp(source, 'g');
    this.#literal = literalStart(source);
  }

  /** @returns the group of the first match; undefined when there is none or the group is not part of it */
  first(text: string): string | undefined {
    this.#pattern.lastIndex = 0;
    return this.#pattern.exec(this.#rest(text))?.[1];
  }

  /** @returns the group of every match, empty where it is not part of one */
  all(text: string): string[] {
    const rest = this.#rest(text);
    const found: string[] = [];
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

/** @returns the text that every match begins with; empty when there is no such text, or it is not plain to see */
function literalStart(source: string): string {
  if (source.includes('|')) return '';
  const [literal = ''] = /^[^\\^$.*+?()[\]{}]*/.exec(source) ?? [];
  // What a quantifier follows may not be there.
  return /[*+?{]/.test(source.charAt(literal.length)) ? literal.slice(0, -1) : literal;
}
