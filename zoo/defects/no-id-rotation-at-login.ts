import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

export const noIdRotationAtLogin: Defect = {
  kind: 'defect',
  name: 'no-id-rotation-at-login',
  section: 'rotation',
  broken:
    'The login writes the user into the session that the visitor already has, and keeps its id. An attacker who planted or read that id before the login is signed in with it afterwards.',
  wild: 'In most tutorials the login is `req.session.user = user`, and every visitor already has a session. For years, login libraries left the rotation to the app.',
  references: [
    'jaredhanson/passport#192',
    'twirapp/twir PR#33',
    'GHSA-4m3m-ppvx-xgw9 (CVE-2023-29019, fastify-passport)',
    'goravel/goravel#925',
    'gorilla/sessions#11',
    'rundeck/rundeck PR#7884',
  ],
  remedy: 'Give the session a new id at login and at every change of privilege: `req.session.regenerate()`.',
  needs: ['replay'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'rotation', anomaly: 'FIXED' },
  // The defect may also break `continuity`, because a late response can replace the cookie that the login has set.
  mustNot: [
    'isolation',
    'instances-agree',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'forgery',
    'availability',
    'evidence',
  ],
};

if (import.meta.main)
  servePlain({
    // Every visitor has a session before the login.
    session: { saveUninitialized: true },
    // The defect: the visitor's session keeps its id at the login.
    async signIn(request, user) {
      request.session.user = user;
      await save(request);
    },
  });
