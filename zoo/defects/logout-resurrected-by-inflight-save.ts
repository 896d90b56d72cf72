import type { Defect } from '../entry.ts';

export const logoutResurrectedByInflightSave: Defect = {
  kind: 'defect',
  name: 'logout-resurrected-by-inflight-save',
  section: 'logout-final',
  broken:
    'A request in flight during the logout saves its copy of the session when it ends. This restores the session, and the old cookie is signed in again. Unchanged express-session with unchanged connect-redis does this.',
  wild: 'Nearly every session library saves with an upsert, and a deletion leaves no mark that a save could check.',
  references: [
    'expressjs/session#632',
    'tj/connect-redis#328',
    'boj/redistore#2',
    'django/django PR#5950',
    'petergoldstein/dalli PR#1040',
    'GHSA-vpfw-47h7-xj4g (rack)',
    'GHSA-9j94-67jr-4cqj (rack-session)',
    'CVE-2025-46336',
    'alex-oleshkevich/starsessions#58',
    'vert-x3/vertx-web#2771',
    'jetty/jetty.project#228',
    'code-dot-org/code-dot-org PR#61815',
  ],
  remedy:
    'Save only sessions that still exist (`SET … XX`, or a script as in redis-attributes here), or keep a mark of the logout for as long as a request may take.',
  needs: ['overlap', 'replay'],
  deployment: {
    host: 'plain',
  },
  must: { guarantee: 'logout-final', anomaly: 'RISEN' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
    'instances-agree',
    'cookie-policy',
  ],
};
