/**
 * Tests which reads are compared with earlier operations: after late writes, with values of other runs, and with lists
 * that are cut off.
 */
import { describe, expect, it } from 'vitest';
import type { ObjectEvent } from '../history/history.ts';
import type { Guarantee } from '../result/guarantees.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { Objects } from './objects.ts';
import { Reader, Readers } from './read-facts.ts';

const DATA: readonly Guarantee[] = [
  'read-your-writes',
  'monotonic-reads',
  'no-lost-updates',
  'at-most-once',
  'linearizability',
];
const unsure = { outcome: 'info' as const, status: 504 };

const drawn = (
  draw: (session: SessionPicture, picture: Picture) => void,
  kind: Omit<ObjectEvent, 'type' | 'object'> = { kind: 'set' },
): Picture => {
  const picture = new Picture();
  picture.add({ type: 'object', object: 'basket@s1', ...kind });
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  return picture.inTime();
};

/** Changes all operations in the history to operations on one object, which all sessions of the user share. */
const shared = (picture: Picture): Picture => {
  for (const event of picture.events) if ('object' in event) event.object = 'basket@alice';
  return picture;
};

const broken = (picture: Picture): Guarantee[] =>
  DATA.filter(guarantee => picture.verdict(guarantee).violations > 0);

describe('an info write that takes effect late', () => {
  it('may undo a later acknowledged write: a lost update, but neither STALE nor BACK', () => {
    const picture = drawn(s => {
      s.write('a', 'app-1').hops(22, ['a']);
      s.write('late', 'app-1', unsure).write('b', 'app-2').hops(4, ['a', 'b']).hops(4, ['a', 'late']);
    });
    expect(broken(picture)).toEqual(['no-lost-updates', 'linearizability']);
  });

  it('is over once a read shows it: later writes must stay', () => {
    const picture = drawn(s => {
      s.write('a', 'app-1').write('late', 'app-1', unsure).hops(4, ['a', 'late']);
      s.write('b', 'app-2').read('app-1', ['a', 'late']);
    });
    expect(broken(picture)).toEqual(['read-your-writes', 'linearizability']);
  });

  it('has undone nothing as long as no read shows it', () => {
    const lost = (...late: Parameters<SessionPicture['change']>) =>
      broken(
        drawn(s => {
          s.write('a', 'app-1').change(...late);
          s.write('b', 'app-2').read('app-1', ['a', 'b']).read('app-2', ['a']);
        }),
      ).filter(guarantee => guarantee !== 'linearizability' && guarantee !== 'no-lost-updates');
    const both = ['read-your-writes', 'monotonic-reads'];
    expect(lost('add', 'late', 'app-1', unsure)).toEqual(both);
    // The add of `late` has no response yet when `b` is added. So the app may save an older state without the value
    // `late`.
    expect(lost('add', 'late', 'app-1', { ...unsure, return: 1_000_000 })).toEqual([]);
    // Each of these operations may save an older state without `b` at any later time: no response came, or no read
    // shows when the operation took effect.
    expect(lost('add', 'a', 'app-1', unsure)).toEqual([]);
    expect(lost('remove', 'x', 'app-1', unsure)).toEqual([]);
    const removed = drawn(s => {
      s.write('a', 'app-1').write('late', 'app-1', unsure).write('b', 'app-2').remove('late', 'app-1');
      s.read('app-2', ['a']);
    });
    expect(broken(removed)).not.toContain('read-your-writes');
  });

  it('to another object of the session may also undo a write', () => {
    const late = drawn(s => {
      s.write('a', 'app-1').note('n', 'app-1', unsure).write('b', 'app-2').hops(2, ['a', 'b']).hops(2, ['a']);
    });
    expect(broken(late)).not.toContain('read-your-writes');
    expect(broken(late)).not.toContain('monotonic-reads');
  });

  it('that clears the object may remove values that are added later', () => {
    const picture = drawn(s => {
      s.write('a', 'app-1').change('clear', '', 'app-1', unsure);
      s.write('b', 'app-1').hops(2, ['a', 'b']).hops(2, []);
    });
    expect(broken(picture)).toEqual([]);
  });
});

describe('values that the run did not write', () => {
  it('are ignored in a collection, both from before the run and of another run', () => {
    for (const kind of ['set', 'list', 'bag'] as const) {
      const picture = drawn(
        s => {
          s.read('app-1', ['old', 'older']).write('a', 'app-1').read('app-2', ['old', 'older', 'a']);
          s.write('b', 'app-1').read('app-2', ['new', 'a', 'older', 'b']).read('app-1', ['a', 'b']);
        },
        { kind },
      );
      expect(broken(picture), kind).toEqual([]);
    }
  });

  it('do not hide the loss of values that it wrote', () => {
    const picture = drawn(s => s.write('a', 'app-1').read('app-1', ['old', 'a']).read('app-2', ['old']));
    expect(broken(picture)).toEqual(['read-your-writes', 'monotonic-reads', 'linearizability']);
  });

  it('of a register are its initial state before the first write, and are ignored after it', () => {
    const register = (...later: string[]) =>
      broken(
        drawn(
          s => {
            s.read('app-1', ['old']).change('set', 'a', 'app-1').read('app-2', ['a']);
            for (const value of later) s.read('app-2', [value]);
          },
          { kind: 'register' },
        ),
      );
    expect(register('a')).toEqual([]);
    expect(register('another run', 'a')).toEqual([]);
    expect(register('old')).toEqual(['read-your-writes', 'monotonic-reads', 'linearizability']);
  });

  it('are errors if the initial state is declared', () => {
    const picture = drawn(s => s.write('a', 'app-1').read('app-2', ['never written', 'a']), {
      kind: 'set',
      initial: [],
    });
    expect(broken(picture)).toEqual(['linearizability']);
  });

  it('count for the cap of the app', () => {
    const full = drawn(
      s =>
        s
          .write('a', 'app-1')
          .read('app-1', ['x', 'y', 'a'])
          .write('b', 'app-1')
          .read('app-2', ['y', 'z', 'b']),
      { kind: 'set', cap: 3 },
    );
    expect(broken(full)).toEqual([]);
  });
});

describe('only what was compared is evidence', () => {
  const rests = (picture: Picture, guarantee: Guarantee) => Object.values(picture.verdict(guarantee).rests);

  it('reads of an object above its cap are no evidence', () => {
    const picture = drawn(
      s => {
        s.write('a', 'app-1').write('b', 'app-1').hops(24, ['b']);
      },
      { kind: 'set', cap: 1 },
    );
    for (const guarantee of ['read-your-writes', 'monotonic-reads'] as const) {
      expect(picture.verdict(guarantee).judgement).toBe('unknown');
      expect(rests(picture, guarantee)[0]).toBe(0);
    }
    expect(rests(picture, 'linearizability')[0]).toBe(1);
  });

  it('adds that the app refuses do not count for the cap: a shown value that disappears is BACK', () => {
    const refused = { outcome: 'fail' as const, status: 409 };
    const picture = drawn(
      s => {
        for (let i = 0; i < 5; i++) s.write(`no ${i}`, 'app-1', refused);
        s.write('a', 'app-1', unsure).read('app-1', ['a']).read('app-2', []).hops(20, []);
      },
      { kind: 'set', cap: 1 },
    );
    expect(broken(picture)).toContain('monotonic-reads');
  });

  it('empty reads after empty reads are no evidence', () => {
    const picture = drawn(s => s.hops(40, []));
    expect(picture.verdict('monotonic-reads').judgement).toBe('unknown');
    expect(rests(picture, 'monotonic-reads')[0]).toBe(0);
  });

  it('reads after writes that another request may have undone are no evidence', () => {
    const picture = drawn(s => {
      s.remove('x', 'app-1', unsure);
      for (let i = 0; i < 20; i++)
        s.write(`v${i}`, 'app-1').read(
          'app-2',
          Array.from({ length: i + 1 }, (_, n) => `v${n}`),
        );
    });
    expect(picture.verdict('read-your-writes').judgement).toBe('unknown');
    expect(picture.verdict('monotonic-reads').judgement).toBe('unknown');
  });
});

describe('a list of a usual page size', () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`);
  const filled = (count: number, draw: (s: SessionPicture) => void) =>
    drawn(s => {
      for (const value of values(count)) s.write(value, 'app-1');
      draw(s);
    });

  it('that shows all values is compared like any other', () => {
    const whole = filled(50, s => s.hops(22, values(50)));
    expect(whole.verdict('read-your-writes').judgement).toBe('valid');
    expect(whole.verdict('monotonic-reads').judgement).toBe('valid');
  });

  it('that lacks values may be cut off, and is no evidence', () => {
    const cut = filled(51, s => s.hops(22, values(51).slice(1)));
    expect(broken(cut)).toEqual([]);
    expect(cut.verdict('read-your-writes').judgement).toBe('unknown');
    const short = filled(51, s => s.hops(22, values(49)));
    expect(broken(short)).toContain('read-your-writes');
  });

  it('is compared where the app has shown a longer one', () => {
    const longer = filled(51, s => {
      s.hops(2, values(51));
      s.hops(22, values(50));
    });
    expect(broken(longer)).toContain('read-your-writes');
  });

  it('may be the newest values although the app briefly shows one more, because it adds first and cuts then', () => {
    const briefly = (more: number) =>
      filled(24, s => {
        s.hops(6, values(24).slice(4));
        s.read('app-2', values(24).slice(4 - more));
        s.hops(22, values(24).slice(4));
      });
    expect(broken(briefly(1))).toEqual([]);
    expect(briefly(1).result().remarks.join()).toContain(
      '28 reads of "basket" showed 20 values, lacked others, and were not compared: the app may keep or show no more (longest list: 21)',
    );
    expect(broken(briefly(4))).toContain('read-your-writes');
  });

  it('may be the newest values, in a usual number', () => {
    const newest = (cap = 20) => filled(cap + 3, s => s.hops(22, values(cap + 3).slice(3)));
    for (const cap of [12, 16, 24]) expect(broken(newest(cap)), `${cap}`).toEqual([]);
    for (const cap of [8, 13, 18]) expect(broken(newest(cap)), `${cap}`).toContain('read-your-writes');
    expect(broken(newest())).toEqual([]);
    expect(newest().result().remarks.join()).toContain('22 reads of "basket" showed 20 values');
    const few = filled(23, s => s.hops(4, values(23).slice(3)));
    expect(few.result().remarks.join()).not.toContain('reads of "basket"');
    const oldest = filled(23, s => s.hops(22, values(20)));
    expect(broken(oldest)).toContain('read-your-writes');
    const holed = filled(21, s => s.hops(22, values(21).toSpliced(9, 1)));
    expect(broken(holed)).toContain('read-your-writes');
  });

  it.each([2, 5, 13, 17, 18])('may be the newest %i values if further adds let the list slide', cap => {
    const sliding = (lost?: string) =>
      drawn(s => {
        for (let i = 1; i <= cap + 8; i++) {
          s.write(`v${i - 1}`, i % 2 === 0 ? 'app-1' : 'app-2');
          s.read(
            'app-1',
            values(i)
              .slice(-cap)
              .filter(value => value !== lost),
          );
        }
        s.hops(
          22,
          values(cap + 8)
            .slice(-cap)
            .filter(value => value !== lost),
        );
      });
    expect(broken(sliding())).toEqual([]);
    expect(sliding().result().remarks.join()).toContain(`reads of "basket" showed ${cap} values`);
    expect(broken(sliding(`v${cap + 5}`))).toContain('read-your-writes');
  });

  it('is not cut off at a length at which it slid, if a later list is clearly longer', () => {
    const longer = drawn(s => {
      for (let i = 1; i <= 20; i++) s.write(`v${i - 1}`, 'app-1').read('app-2', values(i).slice(-13));
      s.hops(4, values(20));
    });
    expect(broken(longer)).toContain('read-your-writes');
  });

  it('that lacks its oldest value, and grows with each further add, is not cut off', () => {
    for (const first of [1, 4, 13]) {
      const grows = drawn(s => {
        for (let i = 1; i <= 22; i++) {
          s.write(`v${i - 1}`, i % 2 === 0 ? 'app-1' : 'app-2');
          s.read('app-1', values(i).slice(i > first ? 1 : 0));
        }
      });
      expect(broken(grows), `${first}`).toContain('read-your-writes');
    }
  });

  it('may be the newest values of an old state: it lacks the last adds, and goes not back', () => {
    const lagging = drawn(s => {
      for (let i = 0; i < 40; i++) {
        s.write(`v${i}`, 'app-1');
        s.read('app-2', values(Math.max(0, i - 1)).slice(-20));
      }
    });
    expect(broken(lagging)).toContain('read-your-writes');
    expect(broken(lagging)).not.toContain('monotonic-reads');
  });

  it('is evidence if it shows the last add of its session, unless another such list lacks one', () => {
    // The session reads on app-2 after each of its adds, while another session of the user adds values too.
    const newest = (lacks: boolean, gap = false) => {
      const picture = new Picture();
      const [own, other] = ['s1', 's2'].map(name => picture.session(name, 'alice').login('app-1'));
      const all: string[] = [];
      const add = (session: SessionPicture | undefined, value: string) => {
        session?.write(value, 'app-1');
        all.unshift(value);
      };
      for (let i = 0; i < 50; i++) add(other, `v${i}`);
      for (let i = 0; i < 12; i++) {
        add(own, `own${i}`);
        for (let n = 0; n < 3; n++) add(other, `o${i}-${n}`);
        own?.read('app-2', gap && i === 11 ? all.toSpliced(7, 1).slice(0, 50) : all.slice(0, 50));
      }
      // The list lacks `last`, although no value was added after it. The app may sort the page in a different order, so
      // this is no violation.
      if (lacks) {
        add(own, 'last');
        own?.read('app-2', all.slice(1, 51));
      }
      return shared(picture).verdict('read-your-writes');
    };
    expect(newest(false)).toMatchObject({
      judgement: 'valid',
      rests: { 'on another instance': 12, sessions: 1 },
    });
    expect(newest(true)).toMatchObject({ judgement: 'unknown', violations: 0 });
    // The last list lacks the session's second-to-last add, and shows earlier ones.
    expect(newest(false, true)).toMatchObject({ judgement: 'unknown', violations: 0 });
    // After the session's only add, another session adds fifty values. They may have pushed the first value out of the
    // list.
    const pushed = new Picture();
    const [own, other] = ['s1', 's2'].map(name => pushed.session(name, 'alice').login('app-1'));
    own?.write('own', 'app-1');
    const values = Array.from({ length: 50 }, (_, i) => `v${i}`);
    for (const value of values) other?.write(value, 'app-1');
    for (let i = 0; i < 12; i++) own?.read('app-2', values);
    expect(shared(pushed).verdict('read-your-writes')).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(pushed.verdict('read-your-writes').rests['on another instance']).toBe(0);
  });

  it('may lack a value that an overlapping add has overwritten: the value has not come back', () => {
    const overwritten = drawn((s, picture) => {
      const overwrites = (value: string, lost: string) => {
        const call = picture.now;
        s.write(lost, 'app-1', { call, return: call + 500 });
        s.write(value, 'app-2', { call: call + 100, return: call + 600 });
      };
      overwrites('v0', 'lost');
      s.hops(4, ['v0']);
      for (const value of values(9).slice(1)) s.write(value, 'app-1');
      overwrites('v9', 'lost too');
      s.hops(4, values(10));
    });
    expect(broken(overwritten)).not.toContain('read-your-writes');
    expect(broken(overwritten)).not.toContain('monotonic-reads');
  });

  it('may be the newest values while an add is in flight, and after adds that overlapped', () => {
    const flying = filled(22, s => s.write('v22', 'app-1', { return: 90_000 }).hops(22, values(22).slice(2)));
    expect(broken(flying)).toEqual([]);
    const overlapped = drawn((s, picture) => {
      for (const value of values(23))
        s.write(value, 'app-1', value === 'v2' ? { return: picture.now + 1500 } : {});
      s.hops(22, ['v2', ...values(23).slice(4)]);
    });
    expect(broken(overlapped)).toEqual([]);
  });
});

it('forgets what an ended session wrote and saw of an object of its user', () => {
  const readers = new Readers(session => new Reader(session));
  const [first, other] = [readers.of('s1'), readers.of('s2')];
  readers.forget('s1');
  expect(readers.of('s2')).toBe(other);
  expect(readers.of('s1')).not.toBe(first);

  const forgotten: string[] = [];
  const { forget } = Readers.prototype;
  Readers.prototype.forget = session => void forgotten.push(session);
  try {
    const objects = new Objects('canary');
    objects.event({ type: 'object', object: 'notes@alice', kind: 'set' });
    objects.sessionEnded({ session: 's1', user: 'alice' });
  } finally {
    Readers.prototype.forget = forget;
  }
  expect(forgotten).toEqual(['s1']);
});

describe('a removed value that is forgotten, because the judge follows many objects', () => {
  /** With 2000 objects, each object remembers 5 removed values. A single object would remember 1000. */
  const OBJECTS = 2000;
  const values = Array.from({ length: 8 }, (_, i) => `v${i}`);
  /**
   * Returns the guarantees that this history violates. One session removes all values, one after the other. A second
   * session reads four times: first all values, then `back` during the removals (or `late` microseconds after them),
   * then an empty list, and at last `again`.
   */
  const read = (late: number, back: string[], objects = OBJECTS, again: string[] = []): Guarantee[] => {
    const picture = new Picture();
    for (let i = 0; i < objects; i++) picture.add({ type: 'object', object: `notes@u${i}`, kind: 'set' });
    const [writer, reader] = ['s1', 's2'].map(name => picture.session(name, 'alice').login('app-1'));
    for (const value of values) writer?.write(value, 'app-1');
    reader?.read('app-1', values);
    const call = picture.now + 100;
    for (const value of values) writer?.remove(value, 'app-1');
    reader?.read('app-2', back, { call: call + late, return: picture.now + late });
    picture.wait(late);
    reader?.hops(4, []).read('app-2', again);
    for (const event of picture.events)
      if (event.type !== 'object' && 'object' in event) event.object = 'basket@alice';
    const { guarantees } = picture.inTime().result();
    return guarantees.flatMap(({ guarantee, violations }) =>
      DATA.includes(guarantee) && violations > 0 ? guarantee : [],
    );
  };

  it('may be in a read that overlaps its removal, and then be gone', () => {
    expect(read(0, values)).toEqual([]);
  });

  it('may be in a stale read, and then be gone: the reads of the session do not go back', () => {
    for (const back of [['v0'], values]) {
      expect(read(100_000, back)).toEqual(['linearizability']);
      expect(read(100_000, back, 1)).toEqual(['linearizability']);
    }
  });

  it('is not followed, but one of the last removed values that comes back is BACK', () => {
    for (const last of values.slice(-5))
      expect(read(100_000, [], OBJECTS, [last])).toContain('monotonic-reads');
    expect(read(100_000, [], OBJECTS, ['v0'])).toEqual(['linearizability']);
    expect(read(100_000, [], 1, ['v0'])).toContain('monotonic-reads');
  });
});
