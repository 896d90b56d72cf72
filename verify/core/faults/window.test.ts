import { describe, expect, it } from 'vitest';
import type { Fault, Operation } from '../history/history.ts';
import type { Anomaly } from '../result/verdict.ts';
import { Picture, runLine } from '../testing/picture.ts';
import { FaultLedger } from './ledger.ts';
import { amidFaults, budgetOf, overBy, overlaps, titleOf, windowOf, withoutEffect } from './window.ts';

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

/** Makes a ledger. The fault `stop` has a recovery time of 50, each other fault has 5. */
const ledgerOf = (...faults: Fault[]): FaultLedger => {
  const ledger = new FaultLedger(
    runLine({ declared: { budgets: { recovery: 5, faults: { stop: { recovery: 50 } } } } }),
  );
  for (const one of faults) ledger.event(one);
  return ledger;
};

describe('the windows of a ledger', () => {
  it('opens with the first line of a fault, and closes with the second', () => {
    const ledger = ledgerOf();
    ledger.event({ type: 'phase', phase: 'load', clock: 'c0', at: 1 });
    expect(ledger.windows).toEqual([]);
    ledger.event(fault(1, 10));
    const [opened] = ledger.windows;
    expect(opened).toMatchObject({ id: 1, name: 'kill', begin: 10, closed: false });
    expect(ledger.open).toBe(1);
    ledger.event(fault(1, 10, 20, { bit: true }));
    expect(opened).toMatchObject({ end: 20, bit: true, closed: true });
    expect(ledger.open).toBe(0);
    // After the end of a fault, a second event with the same id starts a new window.
    ledger.event(fault(1, 30));
    ledger.event(fault(2, 2, 5));
    expect([ledger.windows.length, ledger.open]).toEqual([3, 1]);
  });

  it('show whether an operation overlaps a window or its recovery time; touching is overlapping', () => {
    const ledger = ledgerOf(fault(1, 10), fault(1, 10, 20));
    const during = (call: number, end?: number) => ledger.overlaps(operation(call, end));
    expect([
      during(0, 9),
      during(0, 10),
      during(12, 13),
      during(25, 30),
      during(26, 30),
      during(5),
      during(30),
    ]).toEqual([false, true, true, true, false, true, false]);
    expect([ledger.since(25), ledger.since(26)]).toEqual([true, false]);
    ledger.event(fault(2, 40));
    expect([during(30, 39), during(50, 60), ledger.since(99)]).toEqual([false, true, true]);
    expect(overlaps({ begin: 10 }, operation(5))).toBe(true);
  });

  it('have the budget of their own fault', () => {
    const ledger = ledgerOf(fault(1, 10, 20), fault(2, 10, 20, { name: 'stop' }));
    expect(ledger.windows.map(overBy)).toEqual([25, 70]);
    expect(budgetOf({ gap: 1, faults: { kill: { gap: 2, wait: 3 } } }, 'kill')).toEqual({ gap: 2, wait: 3 });
    expect(budgetOf({ gap: 1, faults: { kill: { gap: 2 } } })).toEqual({ gap: 1 });
  });
});

it('calls a fault by its name and where it was', () => {
  expect([titleOf({ name: 'kill' }), titleOf({ name: 'kill', where: 'app-1' })]).toEqual([
    'kill',
    'kill of app-1',
  ]);
});

it('names each fault without a seen effect once', () => {
  const closed = (bit?: boolean) => windowOf(fault(1, 1, 2, bit === undefined ? {} : { bit }), undefined);
  expect(withoutEffect([closed(true)])).toBeUndefined();
  expect(withoutEffect([])).toBeUndefined();
  expect(
    withoutEffect([
      closed(true),
      closed(),
      closed(false),
      windowOf(fault(2, 1, undefined, { bit: true }), undefined),
    ]),
  ).toBe('no effect was seen of kill: check that the fault reaches what it should disturb');
});

describe('an anomaly that came about amid faults', () => {
  const windowsOf = (...faults: Fault[]) => ledgerOf(...faults).windows;
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
    expect(amid(between, fault(1, 15, 20, { where: 'app-1' }))).toEqual([
      'overlapping faults: kill of app-1',
    ]);
    expect(amid(between, fault(1, 32), fault(2, 0, 10, { name: 'stop' }))).toEqual([
      'overlapping faults: kill, stop',
    ]);
    expect(amid(between, fault(1, 33, 40), fault(2, 0, 9))).toEqual([]);
    expect(amid(anomaly('lost'), fault(1, 0, 100))).toEqual([]);
  });

  it('names each once, and a few at the most; what is about a fault says so itself', () => {
    const long = anomaly('lost', operation(0, 100));
    const many = ['a', 'b', 'a', 'stop', 'c', 'd'].map((name, i) => fault(i, 10 * i, 10 * i + 5, { name }));
    expect(amid(long, ...many)).toEqual(['overlapping faults: a, b, stop and 2 more']);
    expect(amid({ ...long, guarantee: 'survival' }, ...many)).toEqual([]);
  });

  it('gets the note in a result, whatever its guarantee', () => {
    const picture = new Picture();
    const session = picture.session('s', 'alice').login('app-1').read('app-2').read('app-1');
    picture.disturb(1, 'store-read-only', { where: 'redis' });
    session.logout('app-1');
    session.honours('old', 'app-2');
    picture.heal(1);
    session.ended();
    const [zombie] = picture.finish().verdict('logout-final').anomalies;
    expect(zombie?.name).toBe('ZOMBIE');
    expect(zombie?.notes).toContain('overlapping faults: store-read-only of redis');
  });
});
