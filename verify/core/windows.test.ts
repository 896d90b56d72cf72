import { describe, expect, it } from 'vitest';
import type { Fault, Operation } from './history.ts';
import { idle, meets, titleOf, Windows } from './windows.ts';

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
