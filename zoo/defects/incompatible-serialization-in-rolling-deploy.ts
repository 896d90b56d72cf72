import type { Defect } from '../entry.ts';

export const incompatibleSerializationInRollingDeploy: Defect = {
  kind: 'defect',
  name: 'incompatible-serialization-in-rolling-deploy',
  section: 'survival',
  broken:
    'The next version stores sessions in another format, and cannot read the sessions of the old version. During the deploy, users are routed to instances that know their session and to instances that do not.',
  wild: 'A serializer, class or store changes with a release. Both versions run at the same time in every rolling deploy.',
  references: [
    'spring-projects/spring-session#280',
    'spring-projects/spring-session#1924',
    'spring-projects/spring-session#200',
    'spring-projects/spring-session#529',
    'rails/rails PR#37628',
    'spring-projects/spring-security#3737',
  ],
  remedy:
    'Read both formats before any instance writes the new one. This takes two releases, as for a database column.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { SESSION_STORE: 'connect-redis' },
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
