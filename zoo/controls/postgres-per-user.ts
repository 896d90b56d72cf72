import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Control } from '../entry.ts';

const { probes } = parse(readFileSync(new URL('../../baton.yaml', import.meta.url), 'utf8'));

export const postgresPerUser: Control = {
  kind: 'control',
  name: 'postgres-per-user',
  sound:
    'Sessions and baskets are in PostgreSQL. A session holds only its user. All sessions of a user share a basket, which is a table that is changed row by row.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'postgres', BASKET_STORE: 'postgres' } },
  target: { probes: probes.map((probe: object) => ({ ...probe, scope: 'user' })) },
};
