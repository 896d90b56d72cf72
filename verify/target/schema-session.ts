/** The schema of `session` in a target file: sessions that exist already, in the place of a login. */
import { z } from 'zod';

/** A text for all accounts, or a text for each user. */
const given = z.union([z.string().min(1), z.record(z.string(), z.string().min(1))]);
const KINDS = ['state', 'cookie', 'header', 'command'] as const;

export const session = z
  .strictObject({
    state: z
      .string()
      .min(1)
      .optional()
      .describe('A storageState file of Playwright. {user} stands for the user.'),
    cookie: given.optional().describe('The header Cookie, such as "sid=${ALICE_SID}".'),
    header: given
      .refine(
        value =>
          [value].flatMap(one => (typeof one === 'string' ? [one] : Object.values(one))).every(isHeader),
        {
          error: 'expected a name, a colon and a value, such as "Authorization: Bearer …"',
        },
      )
      .optional()
      .describe('A header with its value, such as "Authorization: Bearer ${TOKEN}".'),
    command: z
      .union([z.string().min(1), z.array(z.string()).min(1)])
      .optional()
      .describe(
        'A command that prints a new session of {user}: a storageState, cookies or the header Authorization.',
      ),
  })
  .refine(value => KINDS.filter(kind => value[kind] !== undefined).length === 1, {
    error: 'expected one of `state`, `cookie`, `header` and `command`',
  });

function isHeader(text: string): boolean {
  return /^[\w-]+:\s*\S/.test(text);
}

export type SessionSpec = z.infer<typeof session>;
