import type { Defect } from '../entry.ts';

export const cookieStoredSessionRace: Defect = {
  kind: 'defect',
  name: 'cookie-stored-session-race',
  section: 'no-lost-updates',
  broken:
    'The whole session is in the cookie. Two requests that overlap begin with the same cookie, each answers with its own next one, and the browser keeps the one that came last.',
  wild: 'Cookie sessions are chosen because they need no store. The race is in the browser, where no log shows it.',
  references: [
    'rack/rack-session PR#24',
    'discourse/discourse PR#33828',
    'benlucchesi/grails-cookie-session PR#45',
  ],
  remedy: 'Keep in the cookie only who somebody is, and in a database what changes.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL('./cookie-stored-session-race.server.ts', import.meta.url),
  },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  // Not continuity: a cookie that holds everything is lost when it grows, as in session-cookie-too-large.
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
