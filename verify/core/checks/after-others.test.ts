import { describe, expect, it } from 'vitest';
import type { Operation } from '../history/history.ts';
import { AfterOthers, isPattern, patternOf } from './after-others.ts';

const operation = (
  action: Operation['action'],
  session: string,
  call: number,
  more: Partial<Operation> = {},
) =>
  ({ type: 'op', action, session, user: 'u', call, return: call + 1, outcome: 'ok', ...more }) as Operation;

describe('AfterOthers', () => {
  const lost = operation('read', 'own', 100, { return: 110 });
  const found = (last: Operation, ...others: Operation[]): number | undefined => {
    const all = new AfterOthers();
    for (const other of others) all.add(other);
    return all.before(lost, { last })?.call;
  };
  const last = operation('read', 'own', 50);

  it.each(['login', 'logout', 'logout-all'] as const)('finds a %s of another session of the user', action => {
    expect(found(last, operation(action, 'other', 60))).toBe(60);
    expect(found(last, operation(action, 'own', 60))).toBeUndefined();
    expect(found(last, operation(action, 'other', 60, { user: 'v' }))).toBeUndefined();
    expect(found(last, operation(action, 'other', 60, { outcome: 'fail' }))).toBeUndefined();
    expect(found(last, operation(action, 'other', 60, { outcome: 'info' }))).toBe(60);
  });

  it('finds only requests between the last success and the loss', () => {
    expect(found(last, operation('read', 'other', 60))).toBeUndefined();
    expect(found(last, operation('login', 'other', 49))).toBeUndefined();
    expect(found(last, operation('login', 'other', 49, { return: 51 }))).toBe(49);
    expect(found(last, operation('login', 'other', 109))).toBe(109);
    expect(found(last, operation('login', 'other', 110))).toBeUndefined();
  });

  it('remembers the last two sessions of a user, and names the latest', () => {
    const logins = ['a', 'b', 'c'].map((session, i) => operation('login', session, 60 + i));
    expect(found(last, ...logins)).toBe(62);
    // A login of the session itself takes the place of the oldest one.
    expect(found(last, ...logins.slice(0, 1), operation('login', 'own', 70))).toBe(60);
    expect(found(last, ...logins.slice(0, 2), operation('login', 'own', 70))).toBe(61);
  });
});

describe('isPattern', () => {
  const followed = { here: 10, followed: 10, kept: 98, keptAfter: 0 };
  it('needs three losses, nine of ten just after a login, and that this is rare and no chance', () => {
    expect(isPattern(followed)).toBe(true);
    expect(isPattern({ ...followed, followed: 9 })).toBe(true);
    expect(isPattern({ ...followed, followed: 8 })).toBe(false);
    expect(isPattern({ ...followed, here: 3, followed: 3 })).toBe(true);
    expect(isPattern({ ...followed, here: 2, followed: 2 })).toBe(false);
    expect(isPattern({ ...followed, keptAfter: 49 })).toBe(true);
    expect(isPattern({ ...followed, keptAfter: 50 })).toBe(false);
    // With 6 losses and a usual share of one half, chance has a probability of 1/64.
    expect(isPattern({ ...followed, here: 6, followed: 6, keptAfter: 49 })).toBe(false);
    expect(isPattern({ ...followed, here: 7, followed: 7, keptAfter: 49 })).toBe(true);
  });

  it('is named with its number of losses', () => {
    expect(patternOf(followed)).toContain('; 10 of them just after another login or logout');
    expect(patternOf({ ...followed, followed: 0 })).toBe('');
  });
});
