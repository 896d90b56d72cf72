import type { Defect } from '../entry.ts';

export const localCopyOutlivesSharedSession: Defect = {
  kind: 'defect',
  name: 'local-copy-outlives-shared-session',
  section: 'continuity',
  broken:
    'A read renews only the copy of the session on its own instance. A user whose requests reach one instance for longer than the idle timeout stays signed in there, while the shared session expires. The next instance signs the user out.',
  wild: 'A local cache saves the write to the shared store that renews it. Behind a sticky balancer it shows only when an instance is removed.',
  references: ['hazelcast/hazelcast-wm#73', 'joshrotenberg/tower-mcp#1394'],
  remedy:
    'Renew the shared session at every request, or at the latest after a small part of the idle timeout.',
  needs: ['instances', 'time'],
  deployment: {
    host: 'plain',
    program: new URL('./local-copy-outlives-shared-session.server.ts', import.meta.url),
    env: { SESSION_SECONDS: '6' },
  },
  target: { expiry: { idle: '6s', renew: 'each' } },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
