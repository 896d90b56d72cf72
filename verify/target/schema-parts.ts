/** What several parts of a target file are made of. */
import { z } from 'zod';

/** A time such as 30m, 12h, 90s or 500ms → milliseconds. */
export const time = z.string().transform((text, context) => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const value = Number(number) * { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[unit as 'ms'];
  if (value > 0) return value;
  context.addIssue(`expected a time such as 30m, 12h or 90s, got ${JSON.stringify(text)}`);
  return z.NEVER;
});

export const name = z.string().min(1, 'expected a name, got an empty text');
