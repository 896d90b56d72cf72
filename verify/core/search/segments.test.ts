import { describe, expect, it } from 'vitest';
import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { type Segment, Segments } from './segments.ts';

type More = Partial<Operation>;
const object = (kind: ObjectEvent['kind'], more: Partial<ObjectEvent> = {}): ObjectEvent => ({
  type: 'object',
  object: 'basket@s1',
  kind,
  ...more,
});

/** Feeds operations to the segments of one object, and collects what each of them returns. */
class Feed {
  readonly segments: Segments;
  readonly cut: Segment[] = [];
  #id = 0;

  constructor(kind: ObjectEvent['kind'], more: Partial<ObjectEvent> = {}) {
    this.segments = new Segments(object(kind, more));
  }

  #operation(action: Operation['action'], call: number, end: number, more: More): Operation {
    const id = ++this.#id;
    const who = { clock: 'c0', client: 'a', session: 's1', user: 'u', request: `r-${id}` };
    return { type: 'op', id, ...who, action, call, return: end, outcome: 'ok', ...more };
  }

  write(action: Operation['action'], value: string, call: number, end: number, more: More = {}): Operation {
    const operation = this.#operation(action, call, end, { value, ...more });
    this.segments.started({ ...operation, type: 'start' } as Start);
    return this.#ended(operation, operation.outcome === 'ok');
  }

  read(call: number, end: number, saw: string[], more: More = {}): Operation {
    return this.#ended(this.#operation('read', call, end, { saw, ...more }), true);
  }

  start(action: Operation['action'], call: number): Operation {
    const operation = this.#operation(action, call, call + 1, { value: 'open' });
    this.segments.started({ ...operation, type: 'start' } as Start);
    return operation;
  }

  #ended(operation: Operation, sure: boolean): Operation {
    const segment = this.segments.ended(operation, sure);
    if (segment !== undefined) this.cut.push(segment);
    return operation;
  }

  /** The ids of the operations in each segment, the last one included. */
  get ids(): number[][] {
    return [...this.cut, this.segments.rest()].map(({ entries }) => entries.map(of => of.operation.id));
  }
}

describe('Segments', () => {
  it('cuts at a read that overlaps no operation, once each client has sent its next request', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 1, { client: 'b' });
    const read = feed.read(2, 3, ['a']);
    feed.read(4, 5, ['a', 'b']);
    expect(feed.cut).toEqual([]);
    feed.write('add', 'b', 6, 7, { client: 'b' });
    expect(feed.cut).toMatchObject([{ initial: undefined, from: undefined }]);
    expect(feed.ids).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(feed.segments.rest()).toMatchObject({ initial: ['a'], from: { id: read.id } });
  });

  it('does not cut at a read that touches another operation', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 2, { client: 'b' });
    feed.read(2, 3, ['a']);
    feed.write('add', 'b', 10, 11, { client: 'b' });
    feed.write('add', 'c', 12, 13);
    expect(feed.ids).toEqual([[1, 2, 3, 4]]);
  });

  it('does not cut while a write has no response, and hands the write on as one that may have happened', () => {
    const feed = new Feed('set');
    const open = feed.start('add', 0);
    feed.read(10, 11, []);
    feed.read(12, 13, []);
    const { entries } = feed.segments.rest();
    expect(entries.map(({ operation: { id, outcome }, sure }) => [id, outcome, sure])).toEqual([
      [2, 'ok', true],
      [3, 'ok', true],
      [open.id, 'info', false],
    ]);
  });

  it('leaves a read out of the rest that was started, but has no response', () => {
    const feed = new Feed('set');
    feed.start('read', 0);
    expect(feed.ids).toEqual([[]]);
    feed.segments.skipped(feed.start('add', 1));
    expect(feed.ids).toEqual([[]]);
  });

  it('gives up a cut if an operation turns out to overlap its read', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 1, { client: 'b' });
    feed.read(4, 6, ['a']);
    feed.write('add', 'b', 5, 7, { client: 'b' });
    feed.write('add', 'c', 8, 9);
    expect(feed.ids).toEqual([[1, 2, 3, 4]]);
  });

  it('leaves out a read that repeats the one at which it cuts', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 1);
    feed.read(2, 3, ['a']);
    feed.read(4, 5, ['a']);
    feed.read(6, 7, ['a']);
    feed.read(8, 9, []);
    expect(feed.ids).toEqual([[1, 2], [5]]);
  });

  it('marks a read that began before the cut as late, and closes at a write that did', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 1);
    feed.read(10, 11, ['a']);
    feed.read(12, 13, ['a', 'b']);
    feed.read(5, 14, [], { client: 'b' });
    expect(feed.segments.rest().entries.map(({ late }) => late)).toEqual([false, true]);
    expect(feed.segments.judges).toBe(true);
    feed.write('add', 'c', 6, 15, { client: 'b' });
    expect([feed.segments.closed, feed.segments.judges]).toEqual([true, false]);
  });

  it('waits for the next request of 64 operations if a client sends requests in parallel', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 5);
    feed.write('add', 'b', 1, 6);
    feed.read(7, 8, ['a', 'b']);
    for (let i = 0; i < 63; i++) feed.write('add', `v${i}`, 10 + 2 * i, 11 + 2 * i);
    expect(feed.cut).toEqual([]);
    feed.write('add', 'last', 200, 201);
    expect(feed.cut.map(({ entries }) => entries.length)).toEqual([3]);
  });

  it('knows nothing of a register or counter before the first read, unless its initial state is declared', () => {
    for (const kind of ['register', 'counter'] as const) {
      const feed = new Feed(kind);
      feed.write('set', '1', 0, 1);
      expect([feed.segments.judges, feed.segments.rest().entries]).toEqual([false, []]);
      feed.read(2, 3, ['1']);
      feed.read(4, 5, ['2']);
      expect([feed.segments.judges, feed.cut]).toEqual([true, []]);
      expect(feed.segments.rest()).toMatchObject({ initial: ['1'], entries: [{ operation: { id: 3 } }] });
      expect(new Feed(kind, { initial: [] }).segments.judges).toBe(true);
    }
    for (const kind of ['set', 'list', 'bag'] as const) expect(new Feed(kind).segments.judges).toBe(true);
  });

  it('closes when the object may hold more values than its cap, counting those of other runs', () => {
    const adding = (adds: number, more: More = {}) => {
      const feed = new Feed('set', { cap: 3, initial: ['x'] });
      for (let i = 0; i < adds; i++) feed.write('add', `v${i}`, 10 * i, 10 * i + 1);
      feed.read(100, 101, [], more);
      return feed.segments.closed;
    };
    expect([adding(2), adding(3)]).toEqual([false, true]);
    expect([adding(1, { foreign: 1 } as More), adding(1, { foreign: 2 } as More)]).toEqual([false, true]);
  });

  it('counts after a cut only the adds behind it for the cap', () => {
    const feed = new Feed('set', { cap: 3 });
    feed.write('add', 'a', 0, 1);
    feed.write('add', 'b', 2, 3);
    feed.write('remove', 'a', 4, 5);
    feed.read(6, 7, ['b']);
    feed.write('add', 'c', 8, 9);
    feed.write('add', 'd', 10, 11);
    expect(feed.segments.closed).toBe(false);
    feed.write('add', 'e', 12, 13);
    expect(feed.segments.closed).toBe(true);
  });

  it('closes when the value of a counter is no number', () => {
    const closed = (run: (feed: Feed) => void): boolean => {
      const feed = new Feed('counter', { initial: ['0'] });
      run(feed);
      return feed.segments.closed;
    };
    expect(closed(feed => feed.write('increment', '2', 0, 1))).toBe(false);
    expect(closed(feed => feed.write('increment', 'two', 0, 1))).toBe(true);
    expect(closed(feed => feed.write('set', 'two', 0, 1))).toBe(true);
    expect(closed(feed => feed.read(0, 1, ['two']))).toBe(true);
    expect(closed(feed => feed.read(0, 1, ['2']))).toBe(false);
  });

  it('ignores an operation that certainly did not happen', () => {
    const feed = new Feed('set');
    feed.write('add', 'a', 0, 1, { outcome: 'fail' });
    expect(feed.ids).toEqual([[]]);
  });

  describe('with an operation that may have happened', () => {
    const info: More = { outcome: 'info' };

    it('cuts if its value is unique, and hands it on until a read shows the value', () => {
      const feed = new Feed('set');
      feed.write('add', 'maybe', 0, 1, info);
      feed.read(2, 3, []);
      feed.read(4, 5, ['maybe']);
      expect(feed.ids).toEqual([
        [1, 2],
        [1, 3],
      ]);
      feed.write('add', 'b', 6, 7);
      expect(feed.ids).toEqual([[1, 2], [1, 3], [4]]);
    });

    it('repeats no read that would show the value', () => {
      const feed = new Feed('set');
      feed.write('add', 'maybe', 0, 1, info);
      for (let i = 0; i < 3; i++) feed.read(2 + 2 * i, 3 + 2 * i, []);
      expect(feed.ids).toEqual([[1, 2], [1]]);
    });

    it.each<[string, ObjectEvent['kind'], (feed: Feed) => void]>([
      ['a removal', 'set', feed => feed.write('remove', 'a', 0, 1, info)],
      ['a clear', 'set', feed => feed.write('clear', '', 0, 1, info)],
      ['an increment', 'counter', feed => feed.write('increment', '1', 0, 1, info)],
      ['a set of a counter', 'counter', feed => feed.write('set', '5', 0, 1, info)],
      ['a compare-and-set', 'register', feed => feed.write('cas', 'b', 0, 1, { ...info, expected: 'a' })],
      [
        'a set of several values',
        'list',
        feed => feed.write('set', '', 0, 1, { ...info, state: ['a', 'b'] }),
      ],
      [
        'a value that is written twice',
        'set',
        feed => {
          feed.write('add', 'a', 0, 1, info);
          feed.write('add', 'a', 2, 3);
        },
      ],
      ['a value that the object held before', 'set', feed => feed.write('add', 'x', 0, 1, info)],
    ])('never cuts after %s, because no read shows when it happened', (_, kind, run) => {
      const feed = new Feed(kind, { initial: kind === 'counter' ? ['0'] : ['x'] });
      run(feed);
      for (let i = 0; i < 3; i++) feed.read(10 + 2 * i, 11 + 2 * i, [`${i}`]);
      expect(feed.cut).toEqual([]);
    });

    it('cuts after an acknowledged removal or clear', () => {
      const feed = new Feed('set');
      feed.write('add', 'maybe', 0, 1, info);
      feed.write('remove', 'a', 2, 3);
      feed.write('clear', '', 4, 5);
      feed.read(6, 7, []);
      feed.read(8, 9, ['maybe']);
      expect(feed.cut).toHaveLength(1);
    });
  });

  it('relates each operation to the writes before it, and to the instance before it', () => {
    const { segments } = new Feed('set');
    const operation = (action: Operation['action'], call: number, end: number, instance?: string) =>
      segments.relate({
        ...({ type: 'op', id: 1, clock: 'c0', client: 'a', session: 's', user: 'u', request: 'r' } as const),
        ...{ action, call, return: end, outcome: 'ok' as const, ...(instance && { instance }) },
      });
    expect(operation('add', 0, 1, 'app-1')).toEqual({ overlaps: false, crosses: false });
    expect(operation('read', 1, 4, 'app-2')).toEqual({ overlaps: true, crosses: true });
    // A read overlaps no other read, and a write overlaps reads, too.
    expect(operation('read', 3, 5, 'app-2')).toEqual({ overlaps: false, crosses: false });
    expect(operation('add', 4, 9, 'app-1')).toEqual({ overlaps: true, crosses: true });
    expect(operation('read', 10, 11)).toEqual({ overlaps: false, crosses: false });
    expect(operation('read', 12, 13, 'app-2')).toEqual({ overlaps: false, crosses: false });
  });

  it('counts an operation as overlapping while a write is in flight, and not while a read is', () => {
    const feed = new Feed('set');
    feed.start('read', 0);
    const read = feed.read(10, 11, []);
    expect(feed.segments.relate(read).overlaps).toBe(false);
    feed.start('add', 12);
    expect(feed.segments.relate(read).overlaps).toBe(true);
  });
});
