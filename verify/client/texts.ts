/**
 * Texts that are hard to encode, such as emoji: a parser or serialiser may damage them. An app may refuse or change
 * such a text. But if one instance shows it unchanged, every instance must.
 */

/** A text that is hard to encode, and how to send it. */
export interface Text {
  /** Returns the text to write. @param canary a unique value of the run, which the text contains */
  of(canary: string): string;
  /** If true, the form contains the field twice, with the same text. */
  twice?: boolean;
  /**
   * If true, the text is always the same and does not depend on the canary, so that a list can contain it only once.
   */
  once?: boolean;
}

const ending = (text: string): Text => ({ of: canary => canary + text });

/** Returns a number of 18 digits that begins with 0. A program that treats it as a number changes it. */
function digits(canary: string): string {
  const [number = '', random = ''] = canary.split('.').slice(-2);
  return `09${Number.parseInt(random, 36).toString().padStart(13, '0')}${number.slice(-3).padStart(3, '0')}`;
}

/** All texts by their kind. Within a kind, the text that is hardest to encode comes first. */
export const TEXTS: readonly (readonly Text[])[] = [
  [ending(' Grüße 漢字 🃏 "a" \\n \'b\' %41+&amp;<i>'), ending(' Grüße 漢字'), ending(" ö 'b'")],
  [{ of: digits }],
  // JSON as text: a program that decodes its data twice changes it.
  [{ of: canary => JSON.stringify({ a: [canary, null, '0', {}], b: { c: [] } }) }],
  [{ of: canary => canary, twice: true }],
  [{ of: () => '', once: true }],
];
