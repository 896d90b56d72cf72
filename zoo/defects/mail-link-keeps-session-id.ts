import type { Defect } from '../entry.ts';
import { mailbox } from '../services/mailbox.ts';

export const mailLinkKeepsSessionId: Defect = {
  kind: 'defect',
  name: 'mail-link-keeps-session-id',
  section: 'rotation',
  broken:
    'Visitors have a session before they log in. A login by a link in a mail keeps its id, so an attacker who gave the browser this id is then signed in too.',
  wild: 'The login by mail was added beside the login form, and bypasses the code that replaces the session there.',
  references: ['spring-projects/spring-security#7446', 'jaredhanson/passport#192'],
  remedy: 'Replace the session id at each kind of login, in one place for all of them.',
  needs: ['replay'],
  deployment: {
    host: 'passwordless',
    env: { PASSWORDLESS_DEFECT: 'keeps-session-id' },
    beside: mailbox,
  },
  must: { guarantee: 'rotation', anomaly: 'FIXED' },
  mustNot: ['continuity', 'isolation', 'routing', 'forgery', 'cookie-policy', 'evidence'],
};
