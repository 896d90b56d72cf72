/** Tests which cookies the checks isolation and cookie-policy regard as session ids, and how many entries are kept. */
import { describe, expect, it } from 'vitest';
import type { CookieAttributes, CookieChange, Operation } from '../history/history.ts';
import { Picture } from '../testing/picture.ts';
import { Sessions } from '../timeline/sessions.ts';
import { IssuedIds } from './issued-ids.ts';

const open: CookieAttributes = { httpOnly: false, secure: false, bytes: 12, bits: 4 };
const sound: CookieAttributes = { httpOnly: true, secure: false, sameSite: 'lax', bytes: 50, bits: 128 };
const companion = (label: string): CookieChange => ({ name: 'flag', change: 'set', label, attributes: open });
const id = (label: string): CookieChange => ({ name: 'sid', change: 'set', label, attributes: sound });

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  const { guarantees } = picture.result();
  return (name: string) => guarantees.find(({ guarantee }) => guarantee === name)?.violations;
};

describe('a cookie that is equal for two users', () => {
  it('is not a session id: neither BLEED, nor EXPOSED for missing attributes', () => {
    const violations = judged(p => {
      p.session('s1', 'alice').login('app-1', { cookies: [id('a'), companion('1')] });
      p.session('s2', 'bob').login('app-2', { cookies: [id('b'), companion('1')] });
    });
    expect([violations('isolation'), violations('cookie-policy')]).toEqual([0, 0]);
  });

  it('is not a session id if it has several values, once the app distinguishes two users with the same value', () => {
    const violations = judged(p => {
      p.session('s0', 'root').login('app-1', { cookies: [id('r'), companion('admin')] });
      const alice = p.session('s1', 'alice').login('app-1', { cookies: [id('a'), companion('user')] });
      const bob = p.session('s2', 'bob').login('app-2', { cookies: [id('b'), companion('user')] });
      bob.read('app-1');
      alice.read('app-1');
    });
    expect(violations('isolation')).toBe(0);
  });

  it('is a session id if the users are signed in as themselves on different instances only', () => {
    const violations = judged(p => {
      p.session('s0', 'root').login('app-1', { cookies: [id('1')] });
      const alice = p.session('s1', 'alice').login('app-1', { cookies: [id('2')] });
      const bob = p.session('s2', 'bob').login('app-2', { cookies: [id('2')] });
      bob.read('app-2');
      alice.read('app-1');
    });
    expect(violations('isolation')).toBe(1);
  });

  it('may be equal for one user, and is judged as a session cookie', () => {
    const violations = judged(p => {
      for (const session of ['s1', 's2'])
        p.session(session, 'alice').login('app-1', { cookies: [companion('token')] });
    });
    expect([violations('isolation'), (violations('cookie-policy') ?? 0) > 0]).toEqual([0, true]);
  });
});

describe('the memory of issued ids', () => {
  const issuing = (n: number): Operation => {
    const picture = new Picture();
    picture.session('s1', 'alice').read('app-1', [], { cookies: [id(`v${n}`)] });
    const event = picture.events.at(-1);
    if (event?.type !== 'op') throw new Error('expected an operation');
    return event;
  };

  it('does not grow with cookies that one session is issued again', () => {
    const sessions = new Sessions(new Picture().run);
    const ids = new IssuedIds();
    const kept = new Set<number>();
    for (let n = 0; n < 3000; n++) {
      const operation = issuing(n);
      ids.add(operation, sessions.ended(operation).session);
      kept.add(ids.kept);
    }
    expect([...kept]).toEqual([2]);
    expect(ids.sum('values')).toBe(3000);
  });
});
