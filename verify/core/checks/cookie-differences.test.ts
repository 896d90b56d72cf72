import { describe, expect, it } from 'vitest';
import type { CookieAttributes, CookieChange, Operation } from '../history/history.ts';
import { stepsOf } from '../result/verdict.ts';
import { stories } from '../testing/verdict-text.ts';
import { CookieDifferences } from './cookie-differences.ts';

const attributes: CookieAttributes = {
  httpOnly: true,
  secure: false,
  sameSite: 'lax',
  path: '/',
  bytes: 9,
  bits: 128,
};
let ids = 0;
const setting = (instance: string | undefined, way: object, more: object = {}): Operation => {
  const cookie: CookieChange = { name: 'sid', change: 'set', attributes: { ...attributes, ...way } };
  const id = ++ids;
  return { id, action: 'login', instance, call: id, outcome: 'ok', cookies: [cookie], ...more } as never;
};

/** Builds responses in which each instance sets the cookie once with each of the given attributes. */
const ways = (of: Record<string, object[]>, more: object = {}) => {
  const made = new CookieDifferences();
  for (const [instance, each] of Object.entries(of))
    for (const way of each) made.add(setting(instance, way, more));
  return made.differences().map(({ summary }) => summary.replace(/^.* with different attributes: /, ''));
};
const times = (count: number, way: object): object[] => Array(count).fill(way);

describe('ways of setting a cookie', () => {
  it('differ if two instances each set it in another way, at least three times', () => {
    const two = (way: object) => ways({ 'app-1': times(3, {}), 'app-2': times(3, way) });
    expect(two({})).toEqual([]);
    expect(two({ httpOnly: false })).toEqual(['HttpOnly against no HttpOnly']);
    expect(two({ secure: true })).toEqual(['no Secure against Secure']);
    expect(two({ sameSite: 'strict' })).toEqual(['SameSite lax against SameSite strict']);
    expect(two({ sameSite: undefined })).toEqual(['SameSite lax against SameSite absent']);
    expect(two({ path: '/app' })).toEqual(['Path / against Path /app']);
    expect(two({ path: undefined, domain: 'x.test' })).toEqual([
      'Path / against Path absent, Domain absent against Domain x.test',
    ]);
    expect(two({ lifetime: 60 })).toEqual(['no expiry against an expiry']);
    expect(ways({ 'app-1': times(3, {}), 'app-2': times(2, { secure: true }) })).toEqual([]);
    expect(ways({ 'app-1': times(3, {}), 'app-2': [{ secure: true }, {}, { secure: true }, {}] })).toEqual(
      [],
    );
  });

  it('differ if the lifetimes at a login are apart by more than 2 s and 5 %', () => {
    const lasting = (one: number[], other: number[], more: object = {}) =>
      ways(
        { 'app-1': one.map(lifetime => ({ lifetime })), 'app-2': other.map(lifetime => ({ lifetime })) },
        more,
      );
    expect(lasting([60, 60, 60], [66, 66, 66])).toEqual(['lasts 60 s against lasts 66 s']);
    expect(lasting([66, 66, 66], [60, 60, 60])).toEqual(['lasts 66 s against lasts 60 s']);
    expect(lasting([10, 10, 10], [12, 12, 12])).toEqual([]);
    expect(lasting([10, 10, 10], [13, 13, 13])).toHaveLength(1);
    expect(lasting([1900, 1900, 1900], [2000, 2000, 2000])).toEqual([]);
    expect(lasting([1899, 1899, 1899], [2000, 2000, 2000])).toHaveLength(1);
    expect(lasting([60, 3600, 60], [3000, 3000, 3000])).toEqual([]);
    expect(lasting([60, 70, 60], [3000, 3010, 3000])).toEqual(['lasts 70 s against lasts 3010 s']);
    // In responses to reads, an app may renew the cookie only sometimes, so a difference proves nothing.
    expect(lasting([60, 60, 60], [3600, 3600, 3600], { action: 'read' })).toEqual([]);
  });

  it('are compared for the same cookie and action, sent through the balancer or directly', () => {
    const made = new CookieDifferences();
    const deleted: CookieChange = {
      name: 'sid',
      change: 'deleted',
      attributes: { ...attributes, secure: true },
    };
    for (let i = 0; i < 3; i++) {
      made.add(setting('app-1', {}));
      made.add(setting('app-2', { secure: true }, { direct: true }));
      made.add(setting('app-3', { secure: true }, { action: 'read' }));
      made.add(setting(undefined, { secure: true }));
      made.add(setting('app-5', {}, { cookies: [deleted, { name: 'sid', change: 'set' }] }));
      made.add(
        setting(
          'app-6',
          {},
          { cookies: [{ name: 'csrf', change: 'set', attributes: { ...attributes, secure: true } }] },
        ),
      );
      made.add(setting('app-7', {}, { cookies: undefined }));
    }
    expect(made.differences()).toEqual([]);
    for (let i = 0; i < 3; i++) made.add(setting('app-1', {}, { direct: true }));
    expect(made.differences()).toHaveLength(1);
  });

  it('are reported once for a cookie, with the first response of each instance in order of time', () => {
    ids = 0;
    const made = new CookieDifferences();
    for (const [instance, path] of [
      ['app-2', '/b'],
      ['app-1', '/a'],
      ['app-3', '/c'],
    ] as const)
      for (let i = 0; i < 3; i++) made.add(setting(instance, { path }));
    expect(
      stories({
        anomalies: made.differences().map(skew => ({
          name: 'SKEW',
          guarantee: 'instances-agree',
          notes: [],
          ...skew,
          witness: stepsOf(skew.witness),
        })),
      } as never),
    ).toMatchInlineSnapshot(`
      "SKEW instances-agree: app-2 and app-3 set the cookie sid with different attributes: Path /b against Path /c
        #1 login on app-2: set sid: HttpOnly, no Secure, SameSite lax, Path /b, Domain absent, no expiry
        #7 login on app-3: expected sid as app-2 sets it; came set sid: HttpOnly, no Secure, SameSite lax, Path /c, Domain absent, no expiry"
    `);
  });

  it('are compared for a thousand kinds of requests at most', () => {
    const named = (count: number) => {
      const made = new CookieDifferences();
      const named = (name: string, secure: boolean): CookieChange => ({
        name,
        change: 'set',
        attributes: { ...attributes, secure },
      });
      for (let n = 1; n <= count; n++)
        for (const [instance, secure] of [
          ['app-1', true],
          ['app-2', false],
        ] as const)
          for (let i = 0; i < 3; i++) made.add(setting(instance, {}, { cookies: [named(`c${n}`, secure)] }));
      return made.differences().length;
    };
    expect([named(1000), named(1001)]).toEqual([1000, 1000]);
  });
});
