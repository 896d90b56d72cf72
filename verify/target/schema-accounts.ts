/** Who logs in: the accounts of a target file. */
import { z } from 'zod';
import { oneTime } from '../client/one-time.ts';
import { name } from './schema-parts.ts';

/** The secret of one-time codes. */
const totp = z.string().transform((text, context) => {
  try {
    oneTime(text);
    return text;
  } catch {
    // What came may be a secret all the same: it is not shown.
    context.addIssue(
      'expected the secret of one-time codes in base32, or an otpauth://totp/ address, got another text',
    );
    return z.NEVER;
  }
});

export const account = z
  .strictObject({
    /** With `count`, {n} stands for 1 to count; {run} for a text that is other in each run. */
    user: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    /** A file that holds it. */
    passwordFile: z.string().min(1).optional(),
    /** Of one-time codes, which are sent as {code}. */
    totp: totp.optional(),
    count: z.int().min(1).max(100_000).optional(),
    /** What pages call the user, where that is not the name that logs in; {n} and {run} likewise. */
    shown: name.optional(),
    /** A file with a row for each account: user, password, shown, totp. */
    csv: z.string().min(1).optional(),
  })
  .superRefine(({ user, password, passwordFile, csv, count, shown, totp: secret }, context) => {
    const wrong = (message: string, ...path: string[]): void =>
      context.addIssue({ code: 'custom', message, path });
    if (password !== undefined && passwordFile !== undefined)
      wrong('expected `password` or `passwordFile`, got both', 'passwordFile');
    if (csv !== undefined) {
      if ((user ?? count ?? shown ?? secret) !== undefined)
        wrong('expected `csv` without `user`, `count`, `shown` and `totp`', 'csv');
      return;
    }
    if (user === undefined) wrong('missing: expected a text', 'user');
    if ((password ?? passwordFile) === undefined) wrong('missing: expected a text', 'password');
  });
