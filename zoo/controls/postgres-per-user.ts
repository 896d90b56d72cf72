import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Control } from '../entry.ts';

const { probes } = parse(readFileSync(new URL('../../baton.yaml', import.meta.url), 'utf8'));

export const postgresPerUser: Control = {
  kind: 'control',
  name: 'postgres-per-user',
  sound:
    'Sessions and baskets in PostgreSQL: the session holds who is signed in, and all sessions of a user share a basket that is a table, changed row by row.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'postgres', BASKET_STORE: 'postgres' } },
  target: { probes: probes.map((probe: object) => ({ ...probe, scope: 'user' })) },
};
