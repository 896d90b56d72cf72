import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseTarget } from '../target/load.ts';
import { lacksOf } from './lacks.ts';

const bundled = parse(readFileSync(join(import.meta.dirname, '../../baton.yaml'), 'utf8')) as object;
const target = (changes: object) =>
  parseTarget(JSON.stringify({ ...bundled, ...changes }), 'target.yaml', {});
const names = (changes: object, given = {}) =>
  lacksOf(target(changes), { logs: true, faults: true, ...given }).map(({ guarantee }) => guarantee);

describe('what a target leaves unknown', () => {
  it('is little if all is declared', () => {
    const probes = [
      { object: 'n', kind: 'counter', read: { path: '/', items: { json: '/n' } }, increment: { path: '/n' } },
    ];
    const refresh = { path: '/token', access: { json: '/access' }, token: { json: '/refresh' } };
    const json = { token: '{refresh}' };
    const all = { probes, expiry: { idle: '30m' }, refresh: { ...refresh, json } };
    expect(names({ ...all, headers: { authorization: 'Bearer {access}' } })).toEqual([]);
  });

  it('is what needs faults if there are none, and a deadline for outages', () => {
    expect(names({}, { faults: false })).toEqual([
      'at-most-once',
      'expiry',
      'token-refresh',
      'outage',
      'survival',
    ]);
    expect(names({ deadline: undefined })).toContain('outage');
  });

  it('is not what moves between instances if logs name them', () => {
    expect(names({ instance: undefined })).toEqual(['at-most-once', 'expiry', 'token-refresh']);
    expect(names({ instance: { cookie: 'route' } }, { logs: false })).not.toContain('continuity');
    expect(names({ instance: undefined }, { logs: false })).toContain('continuity');
  });

  it('is nothing about isolation if all users share what the probes read and write: names decide it', () => {
    const probe = (scope: string) => ({
      probes: [{ object: 'board', scope, read: { path: '/', items: { json: '/n' } }, add: { path: '/n' } }],
    });
    expect(names(probe('all'))).not.toContain('isolation');
    expect(names(probe('all'))).not.toContain('read-your-writes');
    expect(names({ probes: [], accounts: [{ user: 'a', password: 'b' }] })).toContain('isolation');
  });

  it('is not continuity if sessions must stay on their instance', () => {
    const changes = { instance: undefined, claims: ['sticky'] };
    expect(names(changes, { logs: false })).not.toContain('continuity');
    expect(names(changes, { logs: false })).toContain('routing');
  });

  it('distinguishes what is claimed: a set claims evidence only if there are logs', () => {
    const evidence = (claims: string[]) =>
      lacksOf(target({ claims }), { logs: false, faults: false }).find(lack => lack.guarantee === 'evidence');
    expect(evidence(['evidence'])?.claimed).toBe(true);
    expect(evidence(['strict'])?.claimed).toBe(false);
  });
});
