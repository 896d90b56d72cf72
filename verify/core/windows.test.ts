import { describe, expect, it } from 'vitest';
import type { Fault, Operation } from './history.ts';
import { Picture } from './testing/picture.ts';
import type { Anomaly } from './verdict.ts';
import { amidFaults, idle, meets, titleOf, Windows } from './windows.ts';

const fault = (id: number, begin: number, end?: number, more: Partial<Fault> = {}): Fault => ({
  type: 'fault',
  id,
  name: 'kill',
  clock: 'c0',
  begin,
  ...(end === undefined ? {} : { end }),
  ...more,
});
const operation = (call: number, end?: number): Operation =>
  ({ call, ...(end === undefined ? {} : { return: end }) }) as Operation;

describe('Windows', () => {
  it('opens a window with the first line of a fault, and closes it with the second', () => {
    const windows = new Windows();
    expect(windows.event({ type: 'phase', phase: 'load', clock: 'c0', at: 1 })).toBeUndefined();
    const opened = windows.event(fault(1, 10));
    expect(opened).toEqual({ id: 1, name: 'kill', begin: 10, closed: false });
    expect([windows.open, windows.until]).toEqual([1, Number.NEGATIVE_INFINITY]);
    expect(windows.event(fault(1, 10, 20, { bit: true }))).toBe(opened);
    expect(opened).toEqual({ id: 1, name: 'kill', begin: 10, end: 20, bit: true, closed: true });
    expect([windows.open, windows.until]).toEqual([0, 20]);
    // The same number again is another window.
    expect(windows.event(fault(1, 30))).not.toBe(opened);
    windows.event(fault(2, 2, 5));
    expect([windows.all.length, windows.open, windows.until]).toEqual([3, 1, 20]);
  });

  it('keeps those that are wanted alone', () => {
    const windows = new Windows(({ down }) => down === true);
    expect(windows.event(fault(1, 10))).toBeUndefined();
    expect(windows.event(fault(2, 10, undefined, { down: true }))).toBeDefined();
    // The line that closes a window need not say again what it is.
    expect(windows.event(fault(2, 10, 30))?.closed).toBe(true);
    expect(windows.all.length).toBe(1);
  });

  it('tells whether an operation met one: what touches has', () => {
    const windows = new Windows();
    windows.event(fault(1, 10));
    windows.event(fault(1, 10, 20));
    const met = (call: number, end?: number) => windows.met(operation(call, end));
    expect([met(0, 9), met(0, 10), met(12, 13), met(20, 30), met(21, 30), met(5), met(25)]).toEqual([
      false,
      true,
      true,
      true,
      false,
      true,
      false,
    ]);
    expect([windows.since(20), windows.since(21)]).toEqual([true, false]);
    windows.event(fault(2, 40));
    expect([met(30, 39), met(50, 60), windows.since(99)]).toEqual([false, true, true]);
    expect(meets({ ...fault(3, 10), closed: false }, operation(5))).toBe(true);
  });
});

it('calls a fault by its name and where it was', () => {
  expect([titleOf({ name: 'kill' }), titleOf({ name: 'kill', where: 'app-1' })]).toEqual([
    'kill',
    'kill of app-1',
  ]);
});

it('names each fault that was not seen to take effect once', () => {
  const closed = (bit?: boolean) => ({ ...fault(1, 1, 2, bit === undefined ? {} : { bit }), closed: true });
  expect(idle([closed(true)])).toBeUndefined();
  expect(idle([])).toBeUndefined();
  expect(
    idle([
      closed(true),
      closed(),
      closed(false),
      { ...fault(2, 1, undefined, { bit: true }), closed: false },
    ]),
  ).toBe('not seen to take effect: kill. See that the fault reaches what it should disturb');
});

describe('an anomaly that came about amid faults', () => {
  const windowsOf = (...faults: Fault[]) => {
    const windows = new Windows();
    for (const one of faults) windows.event(one);
    return windows.all;
  };
  const anomaly = (summary: string, ...operations: Operation[]): Anomaly => ({
    name: 'LOSS',
    guarantee: 'continuity',
    summary,
    witness: operations.map(one => ({ operation: one, came: '' })),
    notes: ['one'],
  });
  const amid = (at: Anomaly, ...faults: Fault[]) => amidFaults(at, windowsOf(...faults)).notes.slice(1);

  it('names those between the first and the last request of its story, and no others', () => {
    const between = anomaly('lost', operation(10, 12), operation(30, 32));
    expect(amid(between, fault(1, 15, 20, { where: 'app-1' }))).toEqual(['meanwhile: kill of app-1']);
    expect(amid(between, fault(1, 32), fault(2, 0, 10, { name: 'stop' }))).toEqual(['meanwhile: kill, stop']);
    expect(amid(between, fault(1, 33, 40), fault(2, 0, 9))).toEqual([]);
    expect(amid(anomaly('lost'), fault(1, 0, 100))).toEqual([]);
  });

  it('names each once, and a few at the most; what is about a fault says so itself', () => {
    const long = anomaly('lost', operation(0, 100));
    const many = ['a', 'b', 'a', 'stop', 'c', 'd'].map((name, i) => fault(i, 10 * i, 10 * i + 5, { name }));
    expect(amid(long, ...many)).toEqual(['meanwhile: a, b, stop and 2 more']);
    expect(amid({ ...long, guarantee: 'survival' }, ...many)).toEqual([]);
  });

  it('is told of any guarantee in a result', () => {
    const picture = new Picture();
    const session = picture.session('s', 'alice').login('app-1').read('app-2').read('app-1');
    picture.disturb(1, 'store-read-only', { where: 'redis' });
    session.logout('app-1');
    session.honours('old', 'app-2');
    picture.heal(1);
    session.ended();
    const [zombie] = picture.finish().verdict('logout-final').anomalies;
    expect(zombie?.name).toBe('ZOMBIE');
    expect(zombie?.notes).toContain('meanwhile: store-read-only of redis');
  });
});
