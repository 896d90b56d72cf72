/**
 * Texts that parsers, encodings and serialisers may change. An app may change or refuse any of these texts. But if
 * one instance has returned a kind of text unchanged, every instance must return it unchanged.
 */

/** A kind of text: how to make the text, and how to send it. */
export interface Text {
  /**
   * Returns the text.
   *
   * @param canary an unguessable value that the run has not used before
   */
  of(canary: string): string;
  /** True: the form has the field twice, with the same text. */
  twice?: boolean;
  /** True: all texts of this kind are equal, so that an object can hold one of them. */
  once?: boolean;
}

const ending = (text: string): Text => ({ of: canary => canary + text });

/**
 * Returns a number of 18 digits that begins with 0 and is greater than 2^53. A program that reads the text as a
 * number returns other digits.
 */
function digits(canary: string): string {
  const [number = '', random = ''] = canary.split('.').slice(-2);
  return `09${Number.parseInt(random, 36).toString().padStart(13, '0')}${number.slice(-3).padStart(3, '0')}`;
}

/** The kinds of texts. Of each kind, the most awkward text comes first. */
export const TEXTS: readonly (readonly Text[])[] = [
  [ending(' Grüße 漢字 🃏 "a" \\n \'b\' %41+&amp;<i>'), ending(' Grüße 漢字'), ending(" ö 'b'")],
  [{ of: digits }],
  // Nested values. A program that decodes its data twice returns something else.
  [{ of: canary => JSON.stringify({ a: [canary, null, '0', {}], b: { c: [] } }) }],
  [{ of: canary => canary, twice: true }],
  [{ of: () => '', once: true }],
];
