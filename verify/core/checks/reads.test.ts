/** Tests read-your-writes and monotonic-reads together: a history may satisfy one and violate the other. */
import { describe, expect, it } from 'vitest';
import type { Run } from '../history/history.ts';
import type { Judgement } from '../result/verdict.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const judged = (draw: (session: SessionPicture, picture: Picture) => void, run: Partial<Run> = {}) => {
  const picture = new Picture(run);
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  const own = picture.verdict('read-your-writes');
  const monotonic = picture.verdict('monotonic-reads');
  return { own, monotonic, both: [own.judgement, monotonic.judgement] as [Judgement, Judgement] };
};

/** Adds enough evidence for a valid verdict on both guarantees. */
const good = (session: SessionPicture) => session.write('a', 'app-1').hops(22, ['a']);

describe('read-your-writes and monotonic-reads', () => {
  it('are unknown without reads, and with reads on one instance only', () => {
    expect(judged(() => {}).both).toEqual(['unknown', 'unknown']);
    const alone = judged(s => {
      s.write('a', 'app-1');
      for (let i = 0; i < 50; i++) s.read('app-1', ['a']);
    });
    expect(alone.both).toEqual(['unknown', 'unknown']);
  });

  it('need reads on another instance, unless sticky routing is claimed', () => {
    const alone = (reads: number, routing: Run['routing']) =>
      judged(
        s => {
          s.write('a', 'app-1');
          for (let i = 0; i < reads; i++) s.read('app-1', ['a']);
        },
        { routing },
      ).own;
    expect(alone(20, 'spread').judgement).toBe('unknown');
    expect(alone(9, 'sticky').judgement).toBe('unknown');
    expect(alone(10, 'sticky').finding).toBe('at most 26 % of reads miss a write');
  });

  it('are valid when every read shows what was written', () => {
    expect(judged(good).both).toEqual(['valid', 'valid']);
  });

  it('a read that misses an acknowledged write is STALE, and not BACK if no read had shown the write', () => {
    const { both, own } = judged(s =>
      good(s).write('b', 'app-1').read('app-2', ['a']).read('app-1', ['a', 'b']),
    );
    expect(both).toEqual(['violated', 'valid']);
    expect(own.anomalies[0]?.witness.map(step => step.came)).toEqual(['acknowledged', '"b" is not there']);
    expect(own.violations).toBe(1);
  });

  it.each(['', '0900', '{"a":["0"]}'])('the text %j must be shown as any other value', text => {
    const missing = (shown: string[]) =>
      judged(s =>
        good(s)
          .write(text, 'app-1')
          .read('app-2', ['a', ...shown]),
      ).both[0];
    expect(missing([text])).toBe('valid');
    expect(missing([])).toBe('violated');
    expect(missing([`${text}x`])).toBe('violated');
  });

  it('a value that was shown and is gone is BACK, and not STALE if its write was never acknowledged', () => {
    const unsure = { outcome: 'info' as const, status: 504 };
    const { both, monotonic } = judged(s =>
      good(s).write('b', 'app-1', unsure).read('app-1', ['a', 'b']).read('app-2', ['a']),
    );
    expect(both).toEqual(['valid', 'violated']);
    expect(monotonic.anomalies[0]?.summary).toBe('app-2 showed an older state than app-1 showed before');
  });

  it('a write that may have happened may show late, or never', () => {
    const unsure = { outcome: 'info' as const };
    expect(judged(s => good(s).write('b', 'app-1', unsure).hops(4, ['a'])).both).toEqual(['valid', 'valid']);
    expect(judged(s => good(s).write('b', 'app-1', unsure).hops(4, ['a']).hops(4, ['a', 'b'])).both).toEqual([
      'valid',
      'valid',
    ]);
  });

  it('a write need not show if a change of another object of the session overlapped it, ended or not', () => {
    const missing = (later: number, lasting: number) =>
      judged((s, p) => {
        const call = p.now + 1000;
        s.write('a', 'app-1', { call, return: call + 500 });
        s.note('n', 'app-2', { call: call + later, return: call + later + lasting });
        p.now = call + 1200;
        s.read('app-1', []);
        p.inTime();
      }).own.violations;
    expect(missing(400, 300)).toBe(0);
    expect(missing(400, 5000)).toBe(0);
    expect(missing(600, 300)).toBe(1);
  });

  it('nor if that change began before the first request of the object', () => {
    const missing = (outcome: 'ok' | 'info') =>
      judged(s => s.note('n', 'app-2', { outcome }).write('a', 'app-1').read('app-1', [])).own.violations;
    expect(missing('ok')).toBe(1);
    expect(missing('info')).toBe(0);
  });

  it('a value that was gone is STALE and BACK if it is there again, unless a change may have written it back', () => {
    const again = (outcome: 'ok' | 'info', lasting: number) =>
      judged((s, p) => {
        const call = p.now + 1000;
        s.write('a', 'app-1', { call, return: call + 500 });
        s.note('n', 'app-2', { call: call + 400, return: call + 800 });
        s.read('app-1', ['a']);
        s.note('m', 'app-2', { outcome, call: p.now, return: p.now + lasting });
        p.now += 1000;
        s.read('app-2', []).read('app-1', ['a']);
        p.inTime();
      }).both;
    expect(again('ok', 300)).toEqual(['violated', 'violated']);
    // The session also changes a second object. The change ends during the read that lacks the value, or after the
    // read, or its end is unknown.
    expect(again('ok', 2200)).not.toContain('violated');
    expect(again('ok', 5000)).not.toContain('violated');
    expect(again('info', 300)).not.toContain('violated');
  });

  it('nor if a page of the session overlapped it: the page may have saved the state that it loaded', () => {
    const missing = (later: number) =>
      judged((s, p) => {
        const call = p.now + 1000;
        s.write('a', 'app-1', { call, return: call + 500 });
        s.asks('app-2', { call: call + later, return: call + later + 300 });
        p.now = call + 1200;
        s.read('app-1', []);
        p.inTime();
      }).own.violations;
    expect(missing(400)).toBe(0);
    expect(missing(600)).toBe(1);
  });

  it('a read that overlaps the write need not show it', () => {
    const { both } = judged((s, p) => {
      good(s);
      const call = p.now;
      s.write('b', 'app-1', { call, return: call + 500 });
      s.read('app-2', ['a'], { call: call + 500, return: call + 900 });
    });
    expect(both).toEqual(['valid', 'valid']);
  });

  it('a removed value may be missing from the call of the removal on, and must be missing after its return', () => {
    expect(judged(s => good(s).remove('a', 'app-1').hops(4, [])).both).toEqual(['valid', 'valid']);
    const kept = judged(s => good(s).remove('a', 'app-1').read('app-2', ['a']));
    expect(kept.both).toEqual(['violated', 'valid']);
    const again = judged(s => good(s).remove('a', 'app-1').read('app-1', []).read('app-2', ['a']));
    expect(again.both).toEqual(['violated', 'violated']);
  });

  it('a removal that failed excuses nothing, one that may have happened excuses both', () => {
    const refused = { outcome: 'fail' as const, status: 409 };
    expect(judged(s => good(s).remove('a', 'app-1', refused).read('app-2', [])).both).toEqual([
      'violated',
      'violated',
    ]);
    const unsure = { outcome: 'info' as const };
    expect(judged(s => good(s).remove('a', 'app-1', unsure).hops(2, ['a']).hops(2, [])).both).toEqual([
      'valid',
      'valid',
    ]);
  });

  it('are unknown once continuity is broken, but earlier violations stay', () => {
    expect(judged(s => good(s).signedOut('app-2')).both).toEqual(['unknown', 'unknown']);
    const before = judged(s => good(s).write('b', 'app-1').read('app-2', ['a']).signedOut('app-2'));
    expect(before.both).toEqual(['violated', 'unknown']);
  });

  it('are judged by session: a session need not see the writes of another one', () => {
    const { both } = judged((s, p) => {
      good(s);
      p.session('s2', 'bob').login('app-2').hops(12, []);
    });
    expect(both).toEqual(['valid', 'valid']);
  });
});

describe('read-your-writes and monotonic-reads, exact messages', () => {
  it('say how much they rest on: reads after a write, reads after a read, those on another instance', () => {
    const { own, monotonic } = judged(good);
    expect(verdictText(own)).toMatchInlineSnapshot(`
      "valid
      at most 24 % of reads on another instance miss a write
      rests on reads after a write 22, on another instance 11, sessions 1"
    `);
    expect(verdictText(monotonic)).toMatchInlineSnapshot(`
      "valid
      at most 13 % of reads on another instance go back
      rests on pairs of reads 21, on two instances 21, sessions 1"
    `);
    const few = judged(s =>
      s.write('a', 'app-1').hops(18, ['a']).read('app-2', ['a'], { instance: undefined }),
    );
    expect(verdictText(few.own)).toMatchInlineSnapshot(`
      "unknown
      why: 9 reads compared with the last acknowledged write of the session on another instance, 10 are needed: give the target file a probe with \`read\`, and \`add\`, \`set\` or \`increment\`, run at least two instances, or run for longer
      rests on reads after a write 19, on another instance 9, sessions 1"
    `);
    const enough = judged(s => s.write('a', 'app-1').hops(10, ['a']).hops(9, ['a']));
    expect(enough.both).toEqual(['valid', 'valid']);
  });

  it('show the write or read that is contradicted, and the read', () => {
    const { own, monotonic } = judged((s, p) => {
      s.write('a', 'app-1').read('app-1', ['a']).read('app-2', [], { instance: undefined }).ended();
      const bob = p.session('s2', 'bob').login('app-2').write('b', 'app-2');
      bob.remove('b', 'app-1').read('app-2', ['b']).signedOut('app-2').ended();
    });
    expect(verdictText(own)).toMatchInlineSnapshot(`
      "violated, 2
      2 acknowledged writes not in a later read
      rests on reads after a write 3, on another instance 1, sessions 2
      STALE read-your-writes s1 alice: app-1 acknowledged a write that a later read on the app does not show
        #2 add a on app-1: acknowledged
        #4 read: expected "a" in it; came "a" is not there
      STALE read-your-writes s2 bob: app-1 acknowledged a write that a later read on app-2 does not show
        #7 remove b on app-1: acknowledged
        #8 read on app-2: expected "b" gone; came "b" is still there"
    `);
    expect(stories(monotonic)).toMatchInlineSnapshot(`
      "BACK monotonic-reads s1 alice: the app showed an older state than app-1 showed before
        #3 read on app-1: showed "a"
        #4 read: expected "a" in it; came it is gone"
    `);
  });

  it('count the sessions that continuity lost', () => {
    const { own } = judged((s, p) => {
      good(s).signedOut('app-2');
      p.session('s2', 'bob').login('app-2').signedOut('app-1');
    });
    expect(own.why).toBe('continuity is broken in 2 sessions: later reads of such sessions cannot be judged');
  });
});
