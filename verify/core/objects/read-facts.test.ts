/** Tests what a read proves: with which write and read it is compared, and which of them it contradicts. */
import { describe, expect, it } from 'vitest';
import type { Action, ObjectEvent, Operation, Start } from '../history/history.ts';
import { Objects } from './objects.ts';
import type { ObjectFacts } from './tracked-object.ts';

type More = Partial<Operation>;
const maybe: More = { outcome: 'info' };
const refused: More = { outcome: 'fail' };

/** Feeds the operations of session `s` (or of another one) on one object. Every operation takes 10 µs. */
class Story {
  readonly #objects = new Objects('c');
  readonly #kind: ObjectEvent['kind'];
  #id = 0;
  now = 0;

  constructor(kind: ObjectEvent['kind'], more: Partial<ObjectEvent> = {}) {
    this.#kind = kind;
    this.#objects.event({ type: 'object', object: 'basket@u', kind, ...more });
  }

  #operation(action: Action, more: More): Operation {
    this.now += 20;
    const call = this.now;
    const who = { clock: 'c0', client: more.session ?? 's', session: 's', user: 'u', object: 'basket@u' };
    const id = ++this.#id;
    return {
      type: 'op',
      id,
      ...who,
      action,
      request: `r-${id}`,
      call,
      return: call + 10,
      outcome: 'ok',
      ...more,
    };
  }

  start(action: Action, value: string | undefined, more: More = {}): Operation {
    const operation = this.#operation(action, { ...(value === undefined ? {} : { value }), ...more });
    this.#objects.started({ ...operation, type: 'start' } as Start);
    return operation;
  }

  end(operation: Operation, more: More = {}): ObjectFacts | undefined {
    this.now += 20;
    return this.#objects.ended({ ...operation, return: this.now - 10, ...more }, true);
  }

  write(action: Action, value?: string, more: More = {}): this {
    const operation = this.start(action, value, more);
    this.#objects.ended(operation, true);
    return this;
  }

  /** Two adds that overlap: the app may lose one of them. */
  race(...values: string[]): this {
    const action = this.#kind === 'register' ? 'set' : this.#kind === 'counter' ? 'increment' : 'add';
    for (const open of values.map(value => this.start(action, value, { session: value }))) this.end(open);
    return this;
  }

  /** Returns what the read proves: ids of the compared write (w) and read (r), and what it contradicts. */
  read(saw: string, more: More = {}): string {
    const operation = this.#operation('read', { saw: saw === '' ? [] : saw.split(' '), ...more });
    const { reads } = this.#objects.ended(operation, true) ?? {};
    const of = (name: string, all: readonly { against: Operation; came: string }[] = []): string[] =>
      all.map(({ against, came }) => `${name} ${against.id}: ${came}`);
    return [
      ...(reads?.write === undefined ? [] : [`w${reads.write.id}`]),
      ...(reads?.read === undefined ? [] : [`r${reads.read.id}`]),
      ...of('stale', reads?.stale),
      ...of('back', reads?.back),
    ].join(', ');
  }
}

describe('a read of a set, list or bag', () => {
  it.each(['set', 'list', 'bag'] as const)(
    'of kind %s is compared with its session’s last add and read',
    kind => {
      const story = new Story(kind).write('add', 'c.a').write('add', 'c.b');
      expect(story.read('c.a c.b')).toBe('w2');
      expect(story.read('c.a c.b')).toBe('w2, r3');
      expect(story.read('c.a')).toBe('w2, r4, stale 2: "c.b" is not there, back 3: it is gone');
      // Each lost value is reported once.
      expect(story.read('c.a')).toBe('w2, r5');
      expect(story.read('c.a c.b')).toBe('w2, r6');
      expect(story.read('c.b', { session: 'other' })).toBe('');
      expect(story.read('c.a c.b', { session: 'other' })).toBe('r8');
    },
  );

  it('is compared with no write that was refused, or that may not have happened', () => {
    const story = new Story('set').write('add', 'c.no', refused).write('add', 'c.maybe', maybe);
    expect(story.read('')).toBe('');
    expect(story.read('c.maybe')).toBe('');
    const shown = new Story('set').write('add', 'c.maybe', maybe);
    expect(shown.read('c.maybe')).toBe('');
    expect(shown.read('')).toBe('r2, back 2: it is gone');
  });

  it('need not show a value that its own session removed, and must not show it', () => {
    const story = new Story('set').write('add', 'c.a').write('add', 'c.b').write('remove', 'c.b');
    expect(story.read('c.a')).toBe('w3');
    expect(story.read('c.a c.b')).toBe('w3, r4, stale 3: "c.b" is still there');
    expect(story.read('c.a')).toBe('w3, r5');
  });

  it('must not show a value again after a read of the session without it', () => {
    const story = new Story('set').write('add', 'c.a').write('add', 'c.b');
    expect(story.read('c.a c.b')).toBe('w2');
    story.write('remove', 'c.a', { session: 'other' });
    expect(story.read('c.b')).toBe('w2, r3');
    expect(story.read('c.a c.b')).toBe('w2, r5, back 5: it is there again');
    expect(story.read('c.b', { session: 'third' })).toBe('');
  });

  it('may lack a value whose removal may have happened, and may show it', () => {
    const story = new Story('set').write('add', 'c.a').write('remove', 'c.a', maybe);
    expect(story.read('c.a')).toBe('');
    expect(story.read('')).toBe('');
    const kept = new Story('set').write('add', 'c.a').write('remove', 'c.a', refused);
    expect(kept.read('')).toBe('w1, stale 1: "c.a" is not there');
  });

  it('after a clear shows only what was added since', () => {
    const story = new Story('list').write('add', 'c.a').write('clear').write('add', 'c.b');
    expect(story.read('c.b')).toBe('w3');
    expect(story.read('c.a c.b')).toBe('w3, r4, stale 2: "c.a" is still there');
    const replaced = new Story('list').write('add', 'c.a').write('set', undefined, { state: ['c.x', 'c.y'] });
    expect(replaced.read('c.x c.y')).toBe('w2');
    expect(replaced.read('c.a c.x c.y')).toBe('w2, r3, stale 2: "c.a" is still there');
    expect(replaced.read('c.x')).toBe('w2, r4, stale 2: "c.y" is not there, back 3: it is gone');
  });

  it('may lack a value whose add overlapped another one, unless a later read shows it', () => {
    const story = new Story('set').race('c.a', 'c.b');
    expect(story.read('c.a', { session: 'c.b' })).toBe('w2');
    expect(story.read('c.a c.b', { session: 'c.b' })).toBe('w2, r3, stale 3: "c.b" is there');
    const back = new Story('set').race('c.a', 'c.b');
    expect(back.read('c.a c.b')).toBe('');
    expect(back.read('c.a')).toBe('r3');
    expect(back.read('c.a c.b')).toBe('r4, back 4: "c.b" is there');
    expect(back.read('c.a c.b')).toBe('r5');
  });

  it('is compared with no later write than its call', () => {
    const story = new Story('set').write('add', 'c.a');
    expect(story.read('c.a')).toBe('w1');
    const open = story.start('add', 'c.b');
    expect(story.read('c.a', { return: story.now + 40 })).toBe('w1, r2');
    story.end(open);
    expect(story.read('c.a', { call: open.call, return: story.now })).toBe('w1');
  });

  it('above the declared cap proves nothing', () => {
    const story = new Story('set', { cap: 2 }).write('add', 'c.a').write('add', 'c.b');
    expect(story.read('c.a c.b')).toBe('w2');
    story.write('add', 'c.c');
    expect(story.read('c.c')).toBe('');
    story.write('clear').write('add', 'c.d');
    expect(story.read('c.d')).toBe('w7');
    expect(story.read('')).toBe('w7, r8, stale 7: "c.d" is not there, back 8: it is gone');
  });

  it('must show the initial values until they are removed', () => {
    const story = new Story('bag', { initial: ['x', 'y'] });
    expect(story.read('x y')).toBe('');
    expect(story.read('x')).toBe('r1, back 1: it is gone');
    story.write('remove', 'x');
    expect(story.read('y')).toBe('w3');
  });

  it('treats a value that is added again as a new one', () => {
    const story = new Story('set').write('add', 'c.a').write('remove', 'c.a').write('add', 'c.a');
    expect(story.read('c.a')).toBe('w3');
    expect(story.read('')).toBe('w3, r4, stale 3: "c.a" is not there, back 4: it is gone');
  });
});

describe('a read of a counter', () => {
  it('must show the increments of its session, and no less than the read before', () => {
    const story = new Story('counter', { initial: ['5'] }).write('increment').write('increment', '2');
    expect(story.read('8')).toBe('w2');
    expect(story.read('8')).toBe('w2, r3');
    expect(story.read('7')).toBe(
      'w2, r4, stale 2: showed 7, an older state, back 4: showed 7, an older state',
    );
    story.write('increment', '10', { session: 'other' });
    expect(story.read('18')).toBe('w2, r5');
    expect(story.read('8', { session: 'other' })).toBe('w6, stale 6: showed 8, an older state');
    expect(story.read('12', { session: 'third' })).toBe('');
  });

  it('need not show an increment that was refused or may not have happened, and not too much of a fall', () => {
    const story = new Story('counter', { initial: ['0'] }).write('increment', '4', refused);
    expect(story.read('0')).toBe('');
    story.write('increment', '4', maybe).write('increment', '1');
    expect(story.read('1')).toBe('');
    expect(story.read('5')).toBe('');
    // The increment that may have happened may also have overwritten the acknowledged one.
    expect(story.read('1')).toBe('');
  });

  it('begins a new phase with a set, clear or decrement', () => {
    const story = new Story('counter', { initial: ['9'] }).write('set', '3');
    expect(story.read('3')).toBe('w1');
    expect(story.read('9')).toBe('w1, stale 1: showed 9, an older state');
    story.write('increment', '-1');
    expect(story.read('2')).toBe('w4');
    expect(story.read('3')).toBe('w4, stale 4: showed 3, an older state');
    story.write('clear');
    expect(story.read('0')).toBe('w7');
    expect(story.read('2')).toBe('w7, stale 7: showed 2, an older state');
    // The reads of a session in an earlier phase are not compared with those of a later one.
    story.write('set', '1', { session: 'other' });
    expect(story.read('1')).toBe('');
  });

  it('proves nothing while a fall may still take effect, or if it is no number', () => {
    const story = new Story('counter', { initial: ['9'] }).write('increment').write('set', '3', maybe);
    expect(story.read('3')).toBe('');
    expect(story.read('10')).toBe('');
    const text = new Story('counter', { initial: ['9'] }).write('increment');
    expect(text.read('ten')).toBe('');
    expect(text.read('10')).toBe('w1');
    expect(text.read('9', { version: 1 })).toBe(
      'w1, r3, stale 1: showed 9, an older state, back 3: showed 9, an older state',
    );
  });

  it('is ordered by versions, if the server gives them', () => {
    const story = new Story('counter', { initial: ['0'] }).write('increment', '1', { version: 2 });
    expect(story.read('1', { version: 2 })).toBe('w1');
    expect(story.read('0', { version: 1 })).toBe(
      'w1, r2, stale 1: showed 0, an older state, back 2: showed 0, an older state',
    );
    expect(story.read('7', { version: 3 })).toBe('w1, r3');
  });

  it('may be less than before after increments that overlapped', () => {
    const story = new Story('counter', { initial: ['0'] }).race('1', '2');
    expect(story.read('3')).toBe('');
    expect(story.read('2')).toBe('');
    expect(story.read('-2')).toBe('r4, back 4: showed -2, an older state');
  });
});

describe('a read of a register', () => {
  it('must show its session’s last write or a later one, and nothing older than the read before', () => {
    const story = new Story('register', { initial: ['x'] }).write('set', 'a').write('set', 'b');
    expect(story.read('b')).toBe('w2');
    expect(story.read('b')).toBe('w2, r3');
    expect(story.read('a')).toBe(
      'w2, r4, stale 2: showed "a", an older state, back 4: showed "a", an older state',
    );
    expect(story.read('x')).toBe(
      'w2, r5, stale 2: showed "x", an older state, back 5: showed "x", an older state',
    );
  });

  it('is compared with a write of another client only if a session saw the replacement', () => {
    const story = new Story('register').write('set', 'a').write('set', 'b', { session: 'other' });
    expect(story.read('b')).toBe('');
    expect(story.read('a')).toBe('w1');
    expect(story.read('b')).toBe('r4, back 4: showed "b", an older state');
    expect(story.read('b', { session: 'other' })).toBe('w2');
  });

  it('shows no value after a clear, and may be cleared again', () => {
    const story = new Story('register').write('set', 'a').write('clear');
    expect(story.read('')).toBe('w2');
    expect(story.read('a')).toBe(
      'w2, r3, stale 2: showed "a", an older state, back 3: showed "a", an older state',
    );
    story.write('set', 'b');
    expect(story.read('b')).toBe('w5, r4');
    story.write('remove');
    expect(story.read('')).toBe('w7, r6');
  });

  it('is compared with nothing if a value was written twice, or is unknown', () => {
    const story = new Story('register').write('set', 'a').write('set', 'b').write('set', 'a');
    expect(story.read('a')).toBe('');
    expect(story.read('b')).toBe('');
    const unknown = new Story('register', { initial: ['x'] }).write('set', 'a');
    expect(unknown.read('foreign')).toBe('');
  });

  it('is ordered by versions, if the server gives them', () => {
    const story = new Story('register').write('set', 'a', { version: 4 }).write('set', 'b', { version: 3 });
    expect(story.read('a', { version: 4 })).toBe('w1');
    expect(story.read('b', { version: 3 })).toBe(
      'w1, r3, stale 1: showed "b", an older state, back 3: showed "b", an older state',
    );
  });

  it('need not show a write that overlapped another one', () => {
    const story = new Story('register').race('a', 'b');
    expect(story.read('a', { session: 'b' })).toBe('');
    expect(story.read('b', { session: 'b' })).toBe('');
    expect(story.read('b', { session: 'b' })).toBe('');
  });
});
