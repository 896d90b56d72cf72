/** The schema of `accounts` in a target file. */
import { z } from 'zod';
import { oneTime } from './one-time.ts';
import { name } from './schema-parts.ts';

/** Secret of the user's authenticator app, for one-time codes. */
const totp = z.string().transform((text, context) => {
  try {
    oneTime(text);
    return text;
  } catch {
    // Even an invalid text may be a secret, so the error does not contain it.
    context.addIssue(
      'expected the secret of one-time codes in base32, or an otpauth://totp/ address, got another text',
    );
    return z.NEVER;
  }
});

export const account = z
  .strictObject({
    user: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The user name. With `count`, {n} stands for 1 to count; {run} stands for a text that is new in each run.',
      ),
    password: z.string().min(1).optional(),
    passwordFile: z.string().min(1).optional().describe('A file that holds the password.'),
    totp: totp
      .optional()
      .describe('The secret that generates one-time codes. In requests, {code} stands for the current code.'),
    count: z.int().min(1).max(100_000).optional(),
    shown: name
      .optional()
      .describe(
        'The name that pages show for the user, if it differs from `user`. May contain {n} and {run}.',
      ),
    csv: z
      .string()
      .min(1)
      .optional()
      .describe('A CSV file with a row for each account: user, password, shown, totp.'),
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
  });
