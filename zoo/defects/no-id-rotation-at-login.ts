import type { Defect } from '../entry.ts';

export const noIdRotationAtLogin: Defect = {
  kind: 'defect',
  name: 'no-id-rotation-at-login',
  section: 'rotation',
  broken:
    'The login writes the user into the session that the visitor already has and keeps its id. Who planted that id in the browser before, or read it there, is signed in with it afterwards.',
  wild: 'The login of most tutorials is `req.session.user = user`, after visitors were given a session for the asking. Login libraries left rotating to the app for years.',
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
    program: new URL('./no-id-rotation-at-login.server.ts', import.meta.url),
  },
  must: { guarantee: 'rotation', anomaly: 'FIXED' },
  // Not continuity: who gets a session with any answer may lose the login to one that comes after it.
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
