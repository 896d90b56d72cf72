import type { Defect } from '../entry.ts';
import { mailbox } from '../services/mailbox.ts';

export const mailLinkInMemory: Defect = {
  kind: 'defect',
  name: 'mail-link-in-memory',
  section: 'continuity',
  broken:
    'Users log in by a link in a mail. The instance that sends the mail keeps the token of the link in its memory, so the link is not valid on another instance.',
  wild: 'The token store of a login library is a map by default, or a key that verifies tokens is made by each instance at its start.',
  references: ['DuendeArchive/IdentityServer4#2130'],
  remedy: 'Keep the tokens in a shared store, or sign them with a key that all instances have.',
  needs: ['instances'],
  deployment: {
    host: 'passwordless',
    env: { PASSWORDLESS_DEFECT: 'link-in-memory' },
    beside: mailbox,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'cookie-policy', 'availability', 'evidence'],
};
