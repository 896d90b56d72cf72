import { describe, expect, it } from 'vitest';
import type { Action, Operation } from '../history/history.ts';
import type { DeclaredTimeouts } from '../timeline/timeouts.ts';
import { Life } from './life.ts';

const SECOND = 1_000_000;
/** Makes an operation. Its call and return are in seconds. If `end` is null, no response ever came. */
const at = (call: number, end: number | null = call + 1, more: Partial<Operation> = {}): Operation =>
  ({
    action: 'read',
    outcome: 'ok',
    status: 200,
    call: call * SECOND,
    ...(end === null ? {} : { return: end * SECOND }),
    ...more,
  }) as Operation;

/**
 * Returns the life of a session whose login lasts from 10 s to 12 s. The timeouts, in seconds, are so short that their
 * tolerance is 2 s.
 */
const life = (
  idle: number | undefined,
  absolute: number | undefined,
  renew: NonNullable<DeclaredTimeouts['renew']> = 'each',
): Life => {
  const of = (timeout: number) => timeout * SECOND;
  return new Life(
    { ...(idle && { idle: of(idle) }), ...(absolute && { absolute: of(absolute) }), renew },
    at(10, 12, { action: 'login' }),
  );
};
const MOMENT = 1 / SECOND;

describe('a session without requests after its login', () => {
  it('is too late beyond its timeout plus the tolerance, from the return of its login', () => {
    for (const timeout of ['idle', 'absolute'] as const) {
      const made = timeout === 'idle' ? life(30, undefined) : life(undefined, 30);
      expect([made.tooLate(at(44)), made.tooLate(at(44 + MOMENT))], timeout).toEqual([undefined, timeout]);
    }
    expect(life(30, 20).tooLate(at(60))).toBe('absolute');
    expect(life(20, 40).tooLate(at(40))).toBe('idle');
    expect(life(undefined, undefined).tooLate(at(1e6))).toBeUndefined();
    const endless = new Life({ idle: 1, absolute: 1 }, at(10, null, { action: 'login' }));
    expect(endless.tooLate(at(1e6))).toBe(undefined);
  });

  it('is near its end at four fifths, counted from the return of its login', () => {
    const near = (call: number, idle: number | undefined, absolute: number | undefined) =>
      life(idle, absolute).near(at(call));
    expect([near(36, 30, undefined), near(36 - MOMENT, 30, undefined)]).toEqual([['idle'], []]);
    expect([near(36, undefined, 30), near(36 - MOMENT, undefined, 30)]).toEqual([['absolute'], []]);
    expect([near(36, 30, 30), near(36, 30, 40), near(36, 40, 30)]).toEqual([
      ['idle', 'absolute'],
      ['idle'],
      ['absolute'],
    ]);
  });

  it('may be refused from its timeout minus the tolerance on, from the call of its login, and counts for a quarter more', () => {
    const refused = (end: number, idle: number | undefined, absolute: number | undefined) =>
      life(idle, absolute).expired(at(end - 1, end));
    for (const [idle, absolute, name] of [
      [30, undefined, 'idle'],
      [undefined, 30, 'absolute'],
    ] as const) {
      expect([refused(38 - MOMENT, idle, absolute), refused(38, idle, absolute)], name).toEqual([
        undefined,
        [name],
      ]);
      expect([refused(50.5, idle, absolute), refused(50.5 + MOMENT, idle, absolute)], name).toEqual([
        [name],
        [],
      ]);
    }
    expect([refused(45, 30, 60), refused(60, 20, 45), refused(80, 20, 20)]).toEqual([
      ['idle'],
      ['absolute'],
      [],
    ]);
    // No response came for this operation, so only the time of its call is known.
    expect(life(30, undefined).expired(at(38 - MOMENT, null))).toBeUndefined();
    expect(life(30, undefined).expired(at(38, null))).toEqual(['idle']);
  });

  it('counts as waiting from a tenth of its timeout on', () => {
    expect([life(30, undefined).waited(at(13 - MOMENT)), life(30, undefined).waited(at(13))]).toEqual([
      undefined,
      'idle',
    ]);
    expect([life(60, 30).waited(at(13)), life(undefined, 30).waited(at(13))]).toEqual([
      'absolute',
      'absolute',
    ]);
    expect(life(30, undefined).elapsed(at(25), 'idle')).toBe(15 * SECOND);
  });
});

describe('the idle timeout', () => {
  /** Returns the time at which the timeout has certainly ended, and the time before which a refusal is too early. */
  const bounds = (made: Life): [late: number | 'never', early: number] => {
    let [late, early] = [0, 0];
    while (late < 500 && made.tooLate(at(late)) !== 'idle') late++;
    while (made.expired(at(early, early)) === undefined) early++;
    return [late === 500 ? 'never' : late, early];
  };
  const taken = (
    renew: NonNullable<DeclaredTimeouts['renew']>,
    alive: boolean | undefined,
    ...operations: Operation[]
  ) => {
    const made = life(30, undefined, renew);
    for (const operation of operations) made.take(operation, alive);
    return { bounds: bounds(made), latest: made.latest?.call };
  };
  const untouched = { bounds: [45, 38], latest: undefined };

  it('begins with the login', () => expect(taken('each', true)).toEqual(untouched));

  it('is renewed by an operation with a response, between its call and its return', () => {
    expect(taken('each', true, at(20, 22))).toEqual({ bounds: [55, 48], latest: 20 * SECOND });
    expect(taken('each', undefined, at(20, 22, { action: 'form' }))).toEqual({
      bounds: [55, 48],
      latest: 20 * SECOND,
    });
    // The second operation ended before the first one, although it is recorded later.
    expect(taken('each', true, at(20, 22), at(13, 14)).bounds).toEqual([55, 48]);
  });

  it('may or may not be renewed by a refused operation', () => {
    for (const more of [
      { outcome: 'fail', status: 409 },
      { outcome: 'fail', status: 499 },
    ] as const)
      expect(taken('each', undefined, at(20, 22, more)).bounds).toEqual([55, 38]);
    expect(taken('each', false, at(20, 22)).bounds).toEqual([55, 38]);
  });

  it('may be renewed at any time by an operation that may still be in flight', () => {
    for (const more of [
      { outcome: 'info', status: 200 },
      { outcome: 'fail', status: 500 },
      { outcome: 'fail', status: 503 },
      { outcome: 'fail', status: undefined },
    ] as const)
      expect(taken('each', undefined, at(20, 22, more as Partial<Operation>)).bounds).toEqual(['never', 38]);
    expect(taken('each', true, at(20, null)).bounds).toEqual(['never', 48]);
  });

  it('is renewed by writes only with `write`, and by nothing with `never`', () => {
    for (const action of ['read', 'form'] as Action[])
      expect(taken('write', true, at(20, 22, { action }))).toEqual(untouched);
    for (const action of ['add', 'login', 'remove'] as Action[])
      expect(taken('write', true, at(20, 22, { action })).bounds).toEqual([55, 48]);
    expect(taken('never', true, at(20, 22, { action: 'add' }))).toEqual(untouched);
  });

  it('with `half` is certainly renewed after half of it, perhaps close to half, and never before', () => {
    const half = (call: number, end: number) => taken('half', true, at(call, end)).bounds;
    // Half of the timeout has passed between 25 s and 27 s. The tolerance is 2 s in both directions.
    expect([half(20, 23 - MOMENT), half(20, 23)]).toEqual([
      [45, 38],
      [56, 38],
    ]);
    expect([half(29 - MOMENT, 30), half(29, 30)]).toEqual([
      [63, 38],
      [63, 57],
    ]);
    expect(taken('half', true, at(20, null)).bounds).toEqual(['never', 38]);
  });

  it('has no effect if only an absolute timeout is declared', () => {
    const made = life(undefined, 30);
    made.take(at(20, 22), true);
    expect([made.latest, made.tooLate(at(45)), made.declared('idle')]).toEqual([
      undefined,
      'absolute',
      Number.POSITIVE_INFINITY,
    ]);
    made.take(at(30, 32), true);
    expect(made.elapsed(at(50), 'absolute')).toBe(40 * SECOND);
    const idle = life(30, undefined);
    idle.take(at(20, 22), true);
    expect(idle.elapsed(at(50), 'idle')).toBe(30 * SECOND);
  });
});
