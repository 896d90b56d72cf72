import type { Defect } from '../entry.ts';

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
    program: new URL('./release-needs-a-new-field.server.ts', import.meta.url),
  },
  must: { guarantee: 'instances-agree', anomaly: 'OUTDATED' },
  mustNot: ['continuity', 'isolation', 'routing', 'read-your-writes', 'monotonic-reads', 'evidence'],
};
