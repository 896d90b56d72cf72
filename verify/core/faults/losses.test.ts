import { describe, expect, it } from 'vitest';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories } from '../testing/verdict-text.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('survival');
};

describe('acknowledged writes, at the final reads', () => {
  it('counts a write as surviving each fault after it, up to the fault that took it', () => {
    const story = (draw: (p: Picture, s: SessionPicture) => void) => {
      const verdict = judged(p => draw(p, p.session('s', 'alice').login('app-1')));
      return [stories(verdict), verdict.rests['writes from before']];
    };
    const kill = (p: Picture, id: number) => p.disturb(id, `kill ${id}`).wait(1000).heal(id).wait(1000);
    // A read between the two faults still showed the write.
    const second = story((p, s) => {
      s.write('a', 'app-1').write('b', 'app-2').read('app-1', ['a', 'b']);
      kill(p, 1);
      s.read('app-2', ['a', 'b']);
      kill(p, 2).phase('final');
      s.read('app-1', ['b']).read('app-2', ['b']);
    });
    expect(second).toMatchInlineSnapshot(`
      [
        "GONE survival s alice: 1 of 2 acknowledged writes did not survive kill 2
        #2 add a on app-1: acknowledged
        #5 read on app-2: showed "a"
        #7 read on app-2: expected "a" in it, which was acknowledged; came "a" is not there",
        4,
      ]
    `);
    // No read came between the two faults, so either fault may have lost the write.
    const either = story((p, s) => {
      s.write('a', 'app-1');
      kill(p, 1);
      kill(p, 2).phase('final');
      s.read('app-1', []);
    });
    expect(either).toMatchInlineSnapshot(`
      [
        "GONE survival s alice: 1 of 1 acknowledged write did not survive kill 1
        #2 add a on app-1: acknowledged
        #3 read on app-1: expected "a" in it, which was acknowledged; came "a" is not there
      GONE survival s alice: 1 of 1 acknowledged write did not survive kill 2
        #2 add a on app-1: acknowledged
        #3 read on app-1: expected "a" in it, which was acknowledged; came "a" is not there",
        2,
      ]
    `);
    const after = story((p, s) => {
      kill(p, 1);
      s.write('a', 'app-1');
      p.phase('final');
      s.read('app-1', []);
    });
    expect(after).toEqual(['', 0]);
  });

  it('does not expect a write that was removed, that is shown later, or that the app may drop', () => {
    /** Builds a history of one object: an add, further operations, a fault, and the final reads. */
    const gone = (more: object, before: (s: SessionPicture) => void, final: (s: SessionPicture) => void) =>
      judged(p => {
        const session = p.session('s', 'alice').login('app-1');
        p.add({ type: 'object', object: 'basket@s', kind: 'set', ...more }).now += 1000;
        before(session.write('a', 'app-1'));
        p.disturb(1, 'kill').wait(1000).heal(1).wait(1000).phase('final');
        final(session.read('app-1', []));
      }).violations;
    const nothing = () => {};
    expect(gone({}, nothing, nothing)).toBe(1);
    expect(gone({ kind: 'bag' }, nothing, nothing)).toBe(1);
    for (const more of [{ cap: 9 }, { kind: 'register' }, { kind: 'counter' }])
      expect(gone(more, nothing, nothing)).toBe(0);
    expect(gone({}, s => s.remove('b', 'app-2'), nothing)).toBe(1);
    expect(gone({}, s => s.change('clear', '', 'app-2'), nothing)).toBe(0);
    // If a `set` replaces all values before the fault, the new values must survive the fault.
    expect(gone({}, s => s.change('set', 'b', 'app-2'), nothing)).toBe(1);
    expect(gone({}, nothing, s => s.remove('a', 'app-1'))).toBe(0);
    expect(gone({}, nothing, s => s.remove('b', 'app-1'))).toBe(1);
    expect(gone({}, nothing, s => s.change('clear', '', 'app-1'))).toBe(0);
    expect(gone({}, nothing, s => s.read('app-2', ['a']))).toBe(0);
  });

  it('does not look for a write in a read that, by the clocks, may have begun before the acknowledgement', () => {
    const gone = (later: number, uncertainty?: number) =>
      judged(p => {
        const base = '2026-01-01T00:00:00.000Z';
        if (uncertainty !== undefined) {
          p.add({ type: 'clock', clock: 'c0', base, uncertainty: 0 });
          p.add({ type: 'clock', clock: 'c1', base, uncertainty });
        }
        const session = p.session('s', 'alice').login('app-1').write('a', 'app-1');
        p.add({ type: 'fault', id: 1, name: 'kill', clock: 'c0', begin: 1600, end: 9000, bit: true });
        p.phase('final');
        session.read('app-1', [], { call: 1500 + later });
        const last = p.events.at(-1);
        if (last?.type === 'op' && uncertainty !== undefined) last.clock = 'c1';
      }).violations;
    expect([gone(0), gone(1), gone(99, 100), gone(301, 100)]).toEqual([0, 1, 0, 1]);
  });

  it('are looked for in the final reads only, as are sessions', () => {
    const survived = (phase: 'settle' | 'final') =>
      judged(p => {
        const session = p.session('s', 'alice').login('app-1').write('a', 'app-1');
        p.wait(1000).disturb(1, 'kill').wait(1000).heal(1).wait(1000).phase(phase);
        session.read('app-1', ['a']).ended();
      }).rests;
    expect(survived('final')).toMatchObject({ 'sessions from before': 1, 'writes from before': 1 });
    expect(survived('settle')).toMatchObject({ 'sessions from before': 0, 'writes from before': 0 });
  });

  describe('a lost write', () => {
    type Reads = [call: number, saw: string[]][];
    /**
     * Builds a write that is acknowledged at `end`, faults from 1000 to 5000 and from 7000 to 8000, and reads. The last
     * read is the final read.
     */
    const written = (end: number, reads: Reads, object = 'basket@s') => {
      const verdict = judged(p => {
        const session = p.session('s', 'alice').login('app-1', { call: 0, return: 10 });
        const fault = (id: number, name: string, begin: number, until?: number) =>
          p.add({ type: 'fault', id, name, clock: 'c0', begin, ...(until && { end: until, bit: true }) });
        session.write('a', 'app-1', { call: 20, return: end });
        reads.forEach(([call, saw], i) => {
          if (i === reads.length - 1) p.phase('final');
          session.read('app-2', saw, { call, return: call });
        });
        fault(1, 'one', 1000);
        fault(1, 'one', 1000, 5000);
        fault(2, 'two', 7000);
        fault(2, 'two', 7000, 8000);
        for (const event of p.events) if ('object' in event) event.object = object;
        const phase = p.events.findIndex(event => event.type === 'phase');
        const [marked] = p.events.splice(phase, 1);
        p.inTime();
        if (marked !== undefined)
          p.events.splice(
            p.events.findLastIndex(event => event.type === 'op'),
            0,
            marked,
          );
      });
      return [
        verdict.rests['writes from before'],
        ...verdict.anomalies.map(({ summary }) => summary.slice(-3)),
      ];
    };

    it('counts for a fault if it was acknowledged before the end of the fault', () => {
      const there = (end: number) => written(end, [[9000, ['a']]])[0];
      expect([there(500), there(5000), there(5001), there(8000), there(8001)]).toEqual([2, 2, 1, 1, 0]);
      const gone = (end: number) => written(end, [[9000, []]]);
      expect([gone(500), gone(5000), gone(5001), gone(8001)]).toEqual([
        [2, 'one', 'two'],
        [2, 'one', 'two'],
        [1, 'two'],
        [0],
      ]);
    });

    it('was lost before a fault, if a read called after its acknowledgement does not show it', () => {
      expect(
        written(500, [
          [501, []],
          [9000, []],
        ]),
      ).toEqual([0]);
      expect(
        written(500, [
          [500, []],
          [9000, []],
        ]),
      ).toEqual([2, 'one', 'two']);
      expect(
        written(500, [
          [501, []],
          [502, ['a']],
          [9000, []],
        ]),
      ).toEqual([2, 'one', 'two']);
      expect(
        written(500, [
          [6000, []],
          [9000, []],
        ]),
      ).toEqual([1, 'one']);
    });

    it('survived a fault, if a read called after the fault shows it', () => {
      expect(
        written(500, [
          [5001, ['a']],
          [9000, []],
        ]),
      ).toEqual([2, 'two']);
      expect(
        written(500, [
          [5000, ['a']],
          [9000, []],
        ]),
      ).toEqual([2, 'one', 'two']);
      expect(
        written(500, [
          [5001, ['b']],
          [9000, []],
        ]),
      ).toEqual([1, 'one']);
    });

    it('may belong to an object that all sessions of a user share', () => {
      expect(written(500, [[9000, []]], 'basket@alice')).toEqual([2, 'one', 'two']);
    });

    it('says nothing about a fault that began after the last read', () => {
      for (const saw of [[], ['a']]) expect(written(500, [[600, saw]])).toEqual([0]);
      expect(written(500, [[6000, ['a']]])).toEqual([1]);
    });
  });

  it('counts the writes of every object of a session when the session ends', () => {
    const { rests, violations } = judged(p => {
      const session = p.session('s', 'alice').login('app-1').write('a', 'app-1').write('b', 'app-1');
      const last = p.events.at(-2);
      if (last?.type === 'start') last.object = 'list@s';
      p.disturb(1, 'kill').wait(1000).heal(1).wait(1000).phase('final');
      session.read('app-1', ['a']).read('app-1', []);
      const read = p.events.at(-1);
      if (read?.type === 'op') read.object = 'list@s';
      session.ended();
      // The second session and its object have the same names as the first ones.
      p.session('s', 'alice').login('app-1').read('app-1', []);
    });
    expect([rests['writes from before'], violations]).toEqual([2, 1]);
  });
});
