import { describe, expect, it } from 'vitest';
import type { Operation } from '../history/history.ts';
import { Pair } from './pairs.ts';
import { confirm, kindOf, type Route } from './refusals.ts';

const operation = (more: Partial<Operation>) =>
  ({ action: 'read', outcome: 'fail', instance: 'app-1', ...more }) as Operation;

describe('kindOf', () => {
  it.each<[string | undefined, Partial<Operation>]>([
    ['signed out', { signedIn: 'out', status: 303 }],
    [undefined, {}],
    ['403', { status: 403 }],
    ['500', { status: 500 }],
    ['400', { status: 400 }],
    [undefined, { status: 399 }],
    [undefined, { status: 409 }],
    [undefined, { status: 503 }],
    ['200 (write not accepted)', { action: 'add', outcome: 'info', status: 200 }],
    [undefined, { action: 'add', outcome: 'info', status: 300 }],
    [undefined, { action: 'add', outcome: 'ok', status: 200 }],
    [undefined, { action: 'read', outcome: 'info', status: 200 }],
  ])('is %s', (kind, more) => expect(kindOf(operation(more))).toBe(kind));
});

describe('confirm', () => {
  const pending = (pair: Pair, more: Partial<Operation> = {}, write = false) => ({
    ...{ pair, kind: '403', write, before: undefined },
    operation: operation(more),
  });
  const route = (...refusals: ReturnType<typeof pending>[]): Route => ({
    ...{ wrote: 'app-1', page: undefined, pending: refusals },
  });
  const times = ({ kinds }: Pair): number => kinds.get('403')?.times ?? 0;

  it('counts a refused read after a successful read on another instance', () => {
    const pair = new Pair();
    const of = route(pending(pair), pending(pair));
    confirm(operation({ instance: 'app-1' }), of);
    confirm(operation({ instance: 'app-2', action: 'add' }), of);
    expect([times(pair), of.pending?.length]).toEqual([0, 2]);
    confirm(operation({ instance: 'app-2' }), of);
    expect([times(pair), of.pending]).toEqual([2, undefined]);
    confirm(operation({ instance: 'app-2' }), of);
    expect(times(pair)).toBe(2);
  });

  it('counts a refused write after a successful write on any instance', () => {
    const pair = new Pair();
    const of = route(pending(pair, {}, true));
    confirm(operation({ instance: 'app-2' }), of);
    expect(times(pair)).toBe(0);
    confirm(operation({ instance: 'app-1', action: 'add' }), of);
    expect([times(pair), of.pending]).toEqual([1, undefined]);
  });
});
