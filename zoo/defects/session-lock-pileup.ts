import type { Defect } from '../entry.ts';

export const sessionLockPileup: Defect = {
  kind: 'defect',
  name: 'session-lock-pileup',
  section: 'availability',
  broken:
    'Every request holds a lock on its session until it is answered, also one that only reads. When an instance dies, the sessions that it was serving stay locked until the lock expires: whatever their users ask for hangs.',
  wild: 'Session handlers of PHP and others that lock for the whole request, with a time to live as long as the slowest request may take. One slow report blocks all other tabs of its user as well.',
  references: [
    'snc/SncRedisBundle#258',
    'snc/SncRedisBundle#182',
    'colinmollenhour/Cm_RedisSession#149',
    'magento/magento2#17310',
    'spryker/spryker-docs PR#2752',
  ],
  remedy:
    'Lock only while the session is written, or not at all where it is only read; give the lock a short time to live that its living holder prolongs.',
  needs: ['fault'],
  faults: 'kill',
  deployment: { host: 'plain', program: new URL('./session-lock-pileup.server.ts', import.meta.url) },
  target: { budgets: { wait: '4s' } },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'survival', 'evidence'],
};
