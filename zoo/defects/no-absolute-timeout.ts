import type { Defect } from '../entry.ts';

export const noAbsoluteTimeout: Defect = {
  kind: 'defect',
  name: 'no-absolute-timeout',
  section: 'expiry',
  broken:
    'A session has to end some time after its login, whatever happens, and nothing sees to it: each request renews it, and with enough of them it lives for ever.',
  wild: 'Session libraries know the sliding window alone; when a session began is not kept, or not looked at.',
  references: [
    'expressjs/session#557',
    'lucia-auth/lucia#1038',
    'apache/tooling-trusted-releases#596',
    'psr7-sessions/storageless#553',
  ],
  remedy: 'Keep the time of the login in the session and refuse it when it is too old, on every request.',
  needs: ['time'],
  deployment: {
    host: 'plain',
    program: new URL('./no-absolute-timeout.server.ts', import.meta.url),
  },
  target: { expiry: { idle: '4s', absolute: '8s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: [
    'continuity',
    'cookie-policy',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
  ],
};
