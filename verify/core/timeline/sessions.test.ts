/** Tests when a session is live: from its login to its logout, its loss or its timeout. */
import { describe, expect, it } from 'vitest';
import type { Action, Declared, Operation, Start } from '../history/history.ts';
import { runLine } from '../testing/picture.ts';
import { deletedCookie, honoured, Sessions } from './sessions.ts';
import { timeoutTolerance } from './timeouts.ts';

const SECOND = 1_000_000;
let ids = 0;
/** Makes an operation of a session of alice. Call and return times are in seconds. */
const asked = (action: Action, call: number, end: number, more: Partial<Operation> = {}): Operation =>
  ({
    type: 'op',
    id: ++ids,
    clock: 'c0',
    session: 's',
    user: 'alice',
    action,
    outcome: 'ok',
    call: call * SECOND,
    return: end * SECOND,
    instance: 'app-1',
    ...more,
  }) as Operation;
const read = (call: number, end = call + 1, more: Partial<Operation> = {}) => asked('read', call, end, more);
const begun = (expiry?: Declared['expiry']) => {
  const sessions = new Sessions(runLine(expiry === undefined ? {} : { declared: { expiry } }));
  sessions.ended(asked('login', 10, 12));
  return sessions;
};
const out: Partial<Operation> = { signedIn: 'out', outcome: 'fail' };
const start = (operation: Operation): Start => ({ ...operation, type: 'start' }) as never;

it('counts a name as an instance only if a response came from there, and not from a gateway', () => {
  const sessions = begun();
  const failed = { outcome: 'fail' } as const;
  for (const status of [502, 503, 504])
    sessions.ended(read(20, 21, { instance: 'group', status, ...failed }));
  sessions.ended(read(22, 23, { instance: 'app-2', status: 502, ...failed }));
  expect([...sessions.instances]).toEqual(['app-1']);
  sessions.ended(read(24, 25, { instance: 'app-2', status: 200 }));
  expect([...sessions.instances]).toEqual(['app-1', 'app-2']);
});

it('counts no instance that comes after the first fault, such as one that a deploy starts', () => {
  const sessions = begun();
  sessions.ended(read(20, 21, { instance: 'app-2' }));
  sessions.disturbed();
  sessions.ended(read(22, 23, { instance: 'app-3' }));
  expect([...sessions.instances]).toEqual(['app-1', 'app-2']);
});

it('is known to the instance of its login, and to each instance that shows it signed in', () => {
  const sessions = begun();
  sessions.ended(read(20, 21, { instance: 'app-2', signedIn: 'in' }));
  sessions.ended(read(22, 23, { instance: 'app-3' }));
  sessions.ended(read(24, 25, { instance: 'app-4', signedIn: 'in', with: 'old' }));
  expect(sessions.sessionEnded('s')?.knownBy).toEqual(['app-1', 'app-2']);
});

describe('a session lives', () => {
  it('from the return of its first acknowledged login, with its own cookies', () => {
    const lives = (login: Partial<Operation>, call: number) => {
      const sessions = new Sessions(runLine());
      sessions.ended(asked('login', 10, 12, login));
      return sessions.ended(read(call)).live;
    };
    expect([
      lives({}, 12),
      lives({}, 12.1),
      lives({ outcome: 'fail' }, 20),
      lives({ outcome: 'info' }, 20),
    ]).toEqual([false, true, false, false]);
    expect(lives({ with: 'invented' }, 20)).toBe(false);
    expect(begun().ended(read(20, 21, { with: 'old' })).live).toBe(false);
    expect(new Sessions(runLine()).ended(read(20)).live).toBe(false);
  });

  it('until the call of its first logout, or of a logout of all sessions of its user', () => {
    for (const action of ['logout', 'logout-all'] as const) {
      const lives = (call: number, end: number, user = 'alice', session = 's') => {
        const sessions = begun();
        const logout = asked(action, 20, 22, { user, session });
        sessions.started(start(logout));
        return [sessions.ended(read(call, end)).live, sessions.ended(logout).live];
      };
      expect([lives(18, 19.9), lives(18, 20), lives(23, 24)], action).toEqual([
        [true, false],
        [false, false],
        [false, false],
      ]);
      // A logout of another session does not end this session. A logout-all ends it only if the same user sent the
      // logout-all.
      expect([lives(23, 24, 'alice', 't')[0], lives(23, 24, 'bob', 't')[0]], action).toEqual([
        action === 'logout',
        true,
      ]);
    }
    // If a login overlaps a logout-all, the logout-all may have come second and ended the new session.
    const meanwhile = (call: number, end: number, user = 'alice') => {
      const sessions = begun();
      const all = asked('logout-all', 20, 22, { session: 't', user: 'alice' });
      sessions.started(start(all));
      sessions.ended(all);
      sessions.ended(asked('login', call, end, { session: 'u', user }));
      return sessions.ended(read(30, 31, { session: 'u', user })).live;
    };
    expect([meanwhile(21, 23), meanwhile(22.1, 23), meanwhile(21, 23, 'bob')]).toEqual([false, true, true]);
    const twice = begun();
    for (const call of [20, 30]) twice.started(start(asked('logout', call, call + 1)));
    expect(twice.ended(read(24)).live).toBe(false);
    const write = begun();
    write.started(start(asked('add', 20, 22)));
    expect(write.ended(read(24)).live).toBe(true);
  });

  it('until it is lost: answered signed out, or left without its cookie', () => {
    const then = (more: Partial<Operation>) => {
      const sessions = begun();
      const first = read(20, 21, more);
      return [
        sessions.ended(first).live,
        sessions.ended(read(30)).live,
        [...sessions.open()][0]?.lost === first,
      ];
    };
    expect(then({ signedIn: 'in' })).toEqual([true, true, false]);
    expect(then(out)).toEqual([true, false, true]);
    // A page that shows another user does not show whether this session still lives.
    expect(then({ signedIn: 'in', sawUser: 'bob' })).toEqual([false, true, false]);
    expect(then({ cookies: [{ name: 'sid', change: 'deleted' }] })).toEqual([true, false, true]);
    expect(then({ cookies: [{ name: 'sid', change: 'set', label: 'x' }] })).toEqual([true, true, false]);
    expect(then({ outcome: 'fail', status: 500 })).toEqual([true, true, false]);
  });

  it('until it may have reached a timeout, within the tolerance', () => {
    const lives = (expiry: Declared['expiry'], end: number, ...before: Operation[]) => {
      const sessions = begun(expiry);
      for (const operation of before) sessions.ended(operation);
      return sessions.ended(read(end - 0.5, end)).live;
    };
    const moment = 1 / SECOND;
    const absolute = { absolute: 30 * SECOND };
    expect([lives(absolute, 38 - moment), lives(absolute, 38), lives(absolute, 38, read(30))]).toEqual([
      true,
      false,
      false,
    ]);
    const idle = (renew?: 'each' | 'half' | 'write' | 'never') => ({
      idle: 30 * SECOND,
      ...(renew && { renew }),
    });
    expect([lives(idle(), 38 - moment), lives(idle(), 38)]).toEqual([true, false]);
    // After a renewal at 20 s, the session lives until 48 s: 30 s of timeout minus 2 s of tolerance.
    for (const renew of [undefined, 'each'] as const)
      expect([lives(idle(renew), 48 - moment, read(20)), lives(idle(renew), 48, read(20))]).toEqual([
        true,
        false,
      ]);
    expect([lives(idle('write'), 40, read(20)), lives(idle('write'), 40, asked('add', 20, 21))]).toEqual([
      false,
      true,
    ]);
    expect([lives(idle('never'), 40, asked('add', 20, 21)), lives(idle('never'), 37, read(20))]).toEqual([
      false,
      true,
    ]);
    expect([lives(idle('half'), 40, read(25 - moment)), lives(idle('half'), 40, read(25))]).toEqual([
      false,
      true,
    ]);
    // A late request that is signed in shows that the session has not expired, so it renews the session.
    expect([
      lives(idle(), 60, read(39, 40, { signedIn: 'in' })),
      lives(idle(), 68, read(39, 40, { signedIn: 'in' })),
    ]).toEqual([true, false]);
    expect(lives(idle(), 60, read(39, 39.5, { signedIn: 'out' }))).toBe(false);
    // A failed request may not have renewed the session.
    expect(lives(idle(), 40, read(20, 21, { outcome: 'fail', status: 500 }))).toBe(false);
    expect(lives({}, 1e6)).toBe(true);
    const never = (call: number) => begun(idle()).ended({ ...read(call), return: undefined } as never).live;
    expect([never(37), never(38)]).toEqual([true, false]);
  });

  it('ends with its line, and may begin again under the same name', () => {
    const sessions = begun();
    expect(sessions.sessionEnded('s')?.login?.call).toBe(10 * SECOND);
    expect([sessions.sessionEnded('s'), [...sessions.open()].length]).toEqual([undefined, 0]);
    expect(sessions.ended(read(20)).live).toBe(false);
  });
});

describe('a handoff', () => {
  it('is between two responses of different instances, the first of which was acknowledged', () => {
    const handoffs = (...operations: Operation[]) => {
      const sessions = begun();
      return operations.map(operation => sessions.ended(operation).handoffFrom?.instance);
    };
    expect(
      handoffs(read(20, 21, { instance: 'app-2' }), read(22, 23, { instance: 'app-2' }), read(24)),
    ).toEqual(['app-1', undefined, 'app-2']);
    const failed = read(20, 21, { instance: 'app-2', outcome: 'fail', status: 500 });
    expect(handoffs(failed, read(22, 23, { instance: 'app-2' }))).toEqual(['app-1', 'app-1']);
    expect(handoffs(read(20, 21, { instance: undefined as never }), read(22))).toEqual([
      undefined,
      undefined,
    ]);
    expect(handoffs(read(20, 21, { ...out, instance: 'app-2' }), read(22))).toEqual(['app-1', undefined]);
  });

  it('marks the first response of an instance since the login as first contact', () => {
    const sessions = new Sessions(runLine());
    const first = (operation: Operation) => sessions.ended(operation).firstContact;
    expect(first(read(1))).toBe(false);
    expect([
      first(asked('login', 10, 12)),
      first(read(20)),
      first(read(21, 22, { instance: 'app-2' })),
    ]).toEqual([true, false, true]);
    expect([
      first(read(22, 23, { instance: undefined as never })),
      first(read(24, 25, { instance: 'app-2' })),
    ]).toEqual([false, false]);
    expect([...sessions.open()][0]?.instances).toEqual(['app-1', 'app-2']);
  });
});

describe('a response', () => {
  it('honours the session if it is signed in and names its user or no user', () => {
    expect(honoured(read(1, 2, { signedIn: 'in' }))).toBe(true);
    expect(honoured(read(1, 2, { signedIn: 'in', sawUser: 'alice' }))).toBe(true);
    expect(honoured(read(1, 2, { signedIn: 'in', sawUser: 'bob' }))).toBeUndefined();
    expect(honoured(read(1, 2, { sawUser: 'bob' }))).toBeUndefined();
    expect(honoured(read(1, 2, out))).toBe(false);
    expect([honoured(read(1)), honoured(read(1, 2, { sawUser: 'alice' }))]).toEqual([undefined, undefined]);
  });

  it('names the cookie that it deletes', () => {
    expect(deletedCookie(read(1))).toBeUndefined();
    expect(
      deletedCookie(
        read(1, 2, {
          cookies: [
            { name: 'a', change: 'set' },
            { name: 'b', change: 'deleted' },
          ],
        }),
      ),
    ).toBe('b');
  });

  it('may come late by the larger of 2 s and 5 % of the timeout', () => {
    expect([10, 40, 60, 100].map(seconds => timeoutTolerance(seconds * SECOND))).toEqual(
      [2, 2, 3, 5].map(s => s * SECOND),
    );
  });
});
