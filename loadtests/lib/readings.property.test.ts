/** Tests that a cached result of a page equals a new interpretation of the page. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interpreter } from '../../verify/core/response/interpret.ts';
import type { Pages } from '../../verify/core/response/pages.ts';
import type { Reply } from '../../verify/core/response/reply.ts';
import { Readings } from './readings.ts';

const PAGES: Pages = {
  login: { page: '/login' },
  signedIn: { user: '<body data-user="([^"]*)"' },
  probes: [{ object: 'basket', read: { items: '<li>([^<]*)<' } }],
  instance: { header: 'x-instance-id' },
};

const interpreter = () =>
  new Interpreter(PAGES, {
    label: secret => secret,
    userLabel: name => (name === 'ann' ? 'user-1' : undefined),
    canary: 'c0',
    decode: html => html,
  });

interface Page {
  by: string | undefined;
  user: string;
  items: readonly string[];
  changed: boolean;
}

/** Some names are part of another name, or a prefix of user names, to provoke confusion. */
const by = fc.constantFrom('app-1', 'app-2', 'app-10', 'an', 'bo', undefined);
const contents = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ user: 'ann', items: ['milk', 'c0.user-1.s1.1.aaaaaaaa'] }) },
  fc.record({
    user: fc.constantFrom('ann', 'bon', ''),
    items: fc.array(fc.constantFrom('milk', 'app-1', 'app-2', 'für'), { maxLength: 2 }),
  }),
);
const page = fc
  .tuple(by, contents, fc.integer({ min: 0, max: 5 }))
  .map(([instance, content, chance]): Page => ({ by: instance, ...content, changed: chance === 0 }));

function replyOf({ by: instance, user, items }: Omit<Page, 'changed'>): Reply {
  const list = items.map(one => `<li>${one}</li>`).join('');
  const body = `<body data-user="${user}">ü ${instance} ${list} served by ${instance}`;
  return {
    status: 200,
    headers: instance === undefined ? {} : { 'x-instance-id': instance },
    body,
    cookies: [],
  };
}

describe('Readings', () => {
  it('give the same result as the interpreter', () => {
    let again = 0;
    const property = fc.property(fc.array(page, { minLength: 2, maxLength: 12 }), pages => {
      const readings = new Readings(interpreter());
      const known = new Set<object>();
      for (const one of pages) {
        if (one.changed) readings.changed();
        const asked = { action: 'read', object: 'basket' } as const;
        const seen = readings.seen(replyOf(one), asked);
        if (known.has(seen)) again++;
        known.add(seen);
        expect(seen).toEqual(interpreter().seen(replyOf(one), asked));
      }
    });
    fc.assert(property, { numRuns: 2000 });
    // Expects many cached results, because the test would otherwise prove nothing.
    expect(again).toBeGreaterThan(1000);
  });

  it('recognise a page from another instance whose name has another length', () => {
    const readings = new Readings(interpreter());
    const asked = { action: 'read', object: 'basket' } as const;
    const from = (instance: string) =>
      readings.seen(replyOf({ by: instance, user: 'ann', items: ['milk'] }), asked);
    const first = from('app-1');
    expect(from('app-2')).toBe(first);
    expect(from('app-10')).toBe(first);
    expect(first.instance).toBe('app-10');
    expect(from('app-1')).toBe(first);
    readings.changed();
    expect(from('app-1')).not.toBe(first);
  });

  it('do not mix up users if instances have similar names', () => {
    const readings = new Readings(interpreter());
    const asked = { action: 'read', object: 'basket' } as const;
    expect(readings.seen(replyOf({ by: 'an', user: 'ann', items: [] }), asked).sawUser).toBe('user-1');
    expect(readings.seen(replyOf({ by: 'bo', user: 'bon', items: [] }), asked).sawUser).toBe('unknown-bon');
  });

  it('interpret a page without a user name by the request: signed out, or undetermined', () => {
    const readings = new Readings(interpreter());
    const login = (by: string) => replyOf({ by, user: '', items: [] });
    expect(readings.seen(login('app-1'), { action: 'read', unmarked: true }).signedIn).toBeUndefined();
    expect(readings.seen(login('app-1'), { action: 'read' }).signedIn).toBe('out');
    expect(readings.seen(login('app-2'), { action: 'read' }).signedIn).toBe('out');
    expect(readings.seen(login('app-2'), { action: 'read', unmarked: true }).signedIn).toBeUndefined();
  });
});
