import type { Control } from '../entry.ts';
import { mailbox } from '../services/mailbox.ts';

export const mailLinksDoneRight: Control = {
  kind: 'control',
  name: 'mail-links-done-right',
  sound:
    'An app (Express) whose users log in by a link in a mail. The tokens of the links and the sessions are in Redis, and a link is valid once.',
  deployment: { host: 'passwordless', beside: mailbox },
};
