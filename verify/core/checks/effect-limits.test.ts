import { describe, expect, it } from 'vitest';
import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { effectOf } from '../objects/models.ts';
import type { Write } from '../objects/overlaps.ts';
import { EffectLimits } from './effect-limits.ts';

const object = (kind: ObjectEvent['kind'], initial?: string[]): ObjectEvent =>
  ({ type: 'object', object: 'basket@s', kind, ...(initial && { initial }) }) as ObjectEvent;

const write = (
  kind: ObjectEvent['kind'],
  action: Start['action'],
  value?: string,
  more: Partial<Write> = {},
) =>
  ({
    start: { action, value },
    effect: effectOf(kind, { action, ...(value === undefined ? {} : { value }) }),
    rivals: [],
    end: { outcome: 'ok' },
    ...more,
  }) as unknown as Write;

describe('EffectLimits of a counter', () => {
  const limits = (initial?: string[]) => new EffectLimits(object('counter', initial));
  const seen = (of: EffectLimits) => [of.counts, of.most.get('')];

  it('add up the increments that were sent', () => {
    const of = limits(['5']);
    of.started(write('counter', 'increment', '3'));
    of.started(write('counter', 'increment'));
    expect(seen(of)).toEqual([true, 9]);
    expect(of.adds).toHaveLength(2);
  });

  it('are unknown until the first read before all writes, if no initial value is declared', () => {
    const of = limits();
    expect(seen(of)[0]).toBe(false);
    of.learn({ saw: ['7'] } as Operation);
    expect(seen(of)).toEqual([true, 7]);
    of.learn({ saw: ['9'] } as Operation);
    expect(seen(of)).toEqual([true, 7]);
    const written = limits();
    written.started(write('counter', 'increment'));
    written.learn({ saw: ['7'] } as Operation);
    expect(written.counts).toBe(false);
  });

  it('are unknown from the call of a fall to the end of a set or clear that overlaps no request', () => {
    const of = limits(['5']);
    of.waiting.set('app-1', 1);
    of.started(write('counter', 'set', '2'));
    expect([seen(of)[0], of.waiting.size]).toEqual([false, 0]);
    of.wrote(write('counter', 'set', '2'));
    expect(seen(of)).toEqual([true, 2]);
    of.started(write('counter', 'increment', '-1'));
    of.wrote(write('counter', 'increment', '-1'));
    expect(seen(of)[0]).toBe(false);
    of.started(write('counter', 'clear'));
    of.wrote(write('counter', 'clear'));
    expect(seen(of)).toEqual([true, 0]);
  });

  it.each<[string, Partial<Write>]>([
    ['was refused', { end: { outcome: 'fail' } as Operation }],
    ['overlapped another write', { rivals: [{} as Write] }],
  ])('stay unknown after a set that %s', (_, more) => {
    const of = limits(['5']);
    of.started(write('counter', 'set', '2'));
    of.wrote(write('counter', 'set', '2', more));
    expect(seen(of)[0]).toBe(false);
  });

  it('stay unknown while another fall is in flight', () => {
    const of = limits(['5']);
    of.started(write('counter', 'set', '2'));
    of.started(write('counter', 'clear'));
    of.wrote(write('counter', 'set', '2'));
    expect(seen(of)[0]).toBe(false);
    of.wrote(write('counter', 'increment', '1'));
    of.wrote(write('counter', 'clear'));
    expect(seen(of)).toEqual([true, 0]);
  });
});

describe('EffectLimits of a collection', () => {
  it('count how often each value was added, the initial ones included', () => {
    const of = new EffectLimits(object('bag', ['a', 'a', 'b']));
    of.started(write('bag', 'add', 'a'));
    of.started(write('bag', 'set', 'c'));
    of.started(write('bag', 'remove', 'b'));
    expect(Object.fromEntries(of.most)).toEqual({ a: 3, b: 1, c: 1 });
    expect(of.adds).toHaveLength(1);
    expect(Object.fromEntries(of.shownBy({ saw: ['a', 'b', 'a'] } as Operation))).toEqual({ a: 2, b: 1 });
    expect(of.shownBy({} as Operation).size).toBe(0);
  });

  it('count for a bag and a list, and not for a set or register', () => {
    const kinds = ['bag', 'list', 'set', 'register'] as const;
    expect(kinds.map(kind => new EffectLimits(object(kind)).counts)).toEqual([true, true, false, false]);
  });

  it('keep the last 64 adds', () => {
    const of = new EffectLimits(object('bag'));
    for (let i = 0; i < 70; i++) of.started(write('bag', 'add', `v${i}`));
    expect([of.adds.length, of.adds[0]?.value]).toEqual([64, 'v6']);
  });
});
