import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

/** Two tenants (customers) have accounts with the same user names. {n} stands for 1 to 100. */
const accounts = ['alice', 'bob', 'user{n}'].flatMap(name =>
  ['red', 'blue'].map(tenant => ({
    user: `${name}@${tenant}.example.test`,
    password: 'correct-horse-battery',
    ...(name.includes('{n}') && { count: 100 }),
  })),
);

export const keyPrefixCollision: Defect = {
  kind: 'defect',
  name: 'key-prefix-collision',
  section: 'isolation',
  broken:
    'Two tenants share one Redis, and the key of a user’s data contains the user name, but not the tenant. A user with the same name at another tenant reads and writes the same data.',
  wild: 'Two apps, tenants or environments share one prefix, the prefix has no delimiter, or the library ignores the setting of the prefix.',
  references: [
    'dotCMS/core#35874',
    'patrixr/strapi-middleware-cache#51',
    'ServiceStack/Issues#434',
    'tj/connect-redis#127',
    'shopware5/devdocs PR#823',
    'google/adk-python-community#180',
  ],
  remedy:
    'Put tenant and environment into every key, with a delimiter that names cannot contain. Or give each tenant its own database and credentials.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { accounts },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['continuity', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({
    // The defect: the key omits the tenant, which is the part after the @.
    keyOf: user => user.replace(/@.*/, ''),
  });
