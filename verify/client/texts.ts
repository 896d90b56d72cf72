/**
 * Texts that are hard to encode, such as emoji. An app may refuse such a text. But if one instance shows the text
 * unchanged, every instance must show it unchanged.
 */

/** A text that is hard to encode, and how to send it. */
export interface Text {
  /** @param canary a unique value of the run, which the text contains */
  of(canary: string): string;
  /** If true, the form contains the field twice with the same text. */
  twice?: boolean;
  /** True if the text is the same for every canary. A list can then contain the text only once. */
  once?: boolean;
}

const ending = (text: string): Text => ({ of: canary => canary + text });

/** Digits with a leading 0: a program that reads them as a number changes them. */
function digits(canary: string): string {
  const [number = '', random = ''] = canary.split('.').slice(-2);
  return `09${Number.parseInt(random, 36).toString().padStart(13, '0')}${number.slice(-3).padStart(3, '0')}`;
}

/** Texts by kind, the hardest to encode first. */
export const TEXTS: readonly (readonly Text[])[] = [
  [ending(' Grüße 漢字 🃏 "a" \\n \'b\' %41+&amp;<i>'), ending(' Grüße 漢字'), ending(" ö 'b'")],
  [{ of: digits }],
  // A program that decodes its data twice changes this text of JSON.
  [{ of: canary => JSON.stringify({ a: [canary, null, '0', {}], b: { c: [] } }) }],
  [{ of: canary => canary, twice: true }],
  [{ of: () => '', once: true }],
];
