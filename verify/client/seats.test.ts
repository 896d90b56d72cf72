import { describe, expect, it } from 'vitest';
import type { Account } from '../target/load.ts';
import { Seats, seatsOf, type Taken } from './seats.ts';

const ACCOUNTS: Account[] = ['alice', 'bob'].map(user => ({ user, password: 'secret', label: user }));
const users = ({ accounts }: Taken) => accounts.map(({ user }) => user);
const given = async (taken: Promise<Taken>): Promise<boolean> =>
  (await Promise.race([taken, new Promise(resolve => setImmediate(resolve))])) !== undefined;

describe('seats', () => {
  it('are of different accounts, as far as possible', async () => {
    const seats = new Seats(ACCOUNTS, 2);
    expect(seats.capacity).toBe(4);
    expect(users(await seats.take(2))).toEqual(['alice', 'bob']);
    expect(users(await seats.take(1))).toEqual(['alice']);
    expect(await given(seats.take(2))).toBe(false);
  });

  it('are given in the order of the requests, all at once', async () => {
    const seats = new Seats(ACCOUNTS, 1);
    const first = await seats.take(1);
    const two = seats.take(2);
    const one = seats.take(1);
    expect([await given(two), await given(one)]).toEqual([false, false]);
    first.leave();
    expect([await given(two), await given(one)]).toEqual([true, false]);
    (await two).leave();
    expect(await given(one)).toBe(true);
  });

  it('of one account are given all at once or not at all', async () => {
    const seats = new Seats(ACCOUNTS, 2);
    await seats.take(1);
    expect(users(await seats.takeAccount())).toEqual(['bob', 'bob']);
    expect(await given(seats.takeAccount())).toBe(false);
  });

  it('are counted only if the app sets a limit; if a logout ends all sessions, the limit is one', () => {
    const capacity = (sessions: Parameters<typeof seatsOf>[0]['sessions']) =>
      seatsOf({ accounts: ACCOUNTS, sessions })?.capacity;
    expect([
      capacity(undefined),
      capacity({ logout: 'one' }),
      capacity({ logout: 'one', most: 3 }),
      capacity({ logout: 'all', most: 3 }),
    ]).toEqual([undefined, undefined, 6, 2]);
  });
});
