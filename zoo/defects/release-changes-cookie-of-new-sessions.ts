import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const releaseChangesCookieOfNewSessions: Defect = {
  kind: 'defect',
  name: 'release-changes-cookie-of-new-sessions',
  section: 'instances-agree',
  broken:
    'The next version sets the session cookie with SameSite=Strict, but only at a login. Users who are signed in during the deploy keep the old cookie, and with it the weakness that the release repairs.',
  wild: 'The framework sets the cookie only when a session begins or changes. The attributes of the cookies that browsers already have were not considered.',
  references: ['SoulKyu/notificator PR#149', 'basecamp/upright PR#129', 'expressjs/session#448'],
  remedy:
    'Set the cookie of each session from the old version again, with the new attributes. If Path or Domain changes, delete the old cookie too.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { RELEASE: '2' },
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'instances-agree', anomaly: 'OUTDATED' },
  mustNot: ['continuity', 'isolation', 'routing', 'read-your-writes', 'monotonic-reads', 'evidence'],
};

const { RELEASE, RENEWS } = process.env;
const sameSite = RELEASE === '2' ? 'strict' : 'lax';

if (import.meta.main)
  servePlain({
    session: { cookie: { httpOnly: true, sameSite }, rolling: RENEWS === 'true' },
    // express-session renews a cookie with the attributes that the session holds, which are still the old ones.
    onSession: () => (request, _response, next) => {
      if (RENEWS === 'true') request.session.cookie.sameSite = sameSite;
      next();
    },
  });
