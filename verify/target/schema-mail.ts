/** The schema of `mail`: where to read mails that the app sends at a login. */
import { z } from 'zod';

/** Even an invalid address may contain a password, so the error does not contain it. */
export const mail = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http:// or https:// address, got another text' })
      .refine(address => !/\/\/[^/?#]*@/.test(address), {
        error: 'expected an address without a user and a password, got one with them: use `command`',
      })
      .refine(address => address.includes('{user}'), {
        error: 'expected {user} in the address, so that each login reads the mails of its own user, got none',
      })
      .optional()
      .describe('An address that shows the text of the newest mail to {user}, such as one of Mailpit.'),
    command: z
      .union([z.string().min(1), z.array(z.string()).min(1)])
      .optional()
      .describe('A command that prints the text of the newest mail to {user}.'),
  })
  .refine(({ url, command }) => (url === undefined) !== (command === undefined), {
    error: ({ input }) =>
      `expected \`url\` or \`command\`, got ${Object.keys(input as object).length === 0 ? 'none' : 'both'}`,
  });

export type MailSpec = z.infer<typeof mail>;
