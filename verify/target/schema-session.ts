/** The schema of `session`: ready-made sessions, which clients use instead of a login. */
import { z } from 'zod';

/** One session for all accounts, or one for each user. Errors omit the text, which may be secret. */
const given = z.union([z.string().min(1), z.record(z.string(), z.string().min(1))], {
  error: 'expected a text, or a text for each user, got another value',
});
const KINDS = ['state', 'cookie', 'header', 'command'] as const;

export const session = z
  .strictObject({
    state: z
      .string()
      .min(1)
      .optional()
      .describe('A storageState file of Playwright. {user} stands for the user.'),
    cookie: given
      .optional()
      .describe('The header Cookie, such as "sid=…". Take the value from the environment.'),
    header: given
      .refine(
        value => textsOf(value).every(isHeader),
        'expected a name, a colon and a value, such as "Authorization: Bearer …", got another text',
      )
      .refine(
        value => new Set(textsOf(value).map(nameOf)).size <= 1,
        'expected a header of the same name for each user, got several names',
      )
      .optional()
      .describe(
        'A header with its value, such as "Authorization: Bearer …". Take the value from the environment.',
      ),
    command: z
      .union([z.string().min(1), z.array(z.string()).min(1)])
      .optional()
      .describe(
        'A command that prints a new session of {user}: a storageState, cookies or the header Authorization.',
      ),
  })
  .refine(value => KINDS.filter(kind => value[kind] !== undefined).length === 1, {
    error: 'expected one of `state`, `cookie`, `header` and `command`, got none or several',
  });

const textsOf = (value: z.infer<typeof given>): string[] =>
  typeof value === 'string' ? [value] : Object.values(value);

const isHeader = (text: string): boolean => /^[\w-]+:\s*\S/.test(text);

const nameOf = (header: string): string => header.slice(0, header.indexOf(':')).toLowerCase();

export type SessionSpec = z.infer<typeof session>;
