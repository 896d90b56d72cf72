import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save, signIn } from '../hosts/plain/session.ts';

export const releaseNeedsANewField: Defect = {
  kind: 'defect',
  name: 'release-needs-a-new-field',
  section: 'instances-agree',
  broken:
    'The next version stores a region in the session at each login, and a page refuses sessions without one. Users who are signed in during the deploy are refused on that page until they log in again.',
  wild: 'A login of the new version always sets the field, so no test has a session without it. Users are advised to delete their cookies.',
  references: ['getsentry/sentry#1504', 'django/django PR#2535', 'DFE-Digital/teaching-vacancies PR#2436'],
  remedy: 'Compute the field when it is missing, or end sessions of the old version at their next request.',
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

declare module 'express-session' {
  interface SessionData {
    /** Exists only in sessions that release 2 of the app has begun. */
    region?: string;
  }
}

if (import.meta.main)
  servePlain(
    process.env['RELEASE'] !== '2'
      ? {}
      : {
          async signIn(request, user) {
            await signIn(request, user);
            request.session.region = 'north';
            await save(request);
          },
          onSession: () => (request, response, next) => {
            const needed = request.path === '/app/profile' && request.session.user !== undefined;
            if (needed && request.session.region === undefined)
              response.status(403).send('No region is set.');
            else next();
          },
        },
  );
