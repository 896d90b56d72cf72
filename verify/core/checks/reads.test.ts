/** read-your-writes and monotonic-reads, side by side: what passes one may fail the other. */
import { describe, expect, it } from 'vitest';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import type { Judgement } from '../verdict.ts';

const judged = (draw: (session: SessionPicture, picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  const own = picture.verdict('read-your-writes');
  const monotonic = picture.verdict('monotonic-reads');
  return { own, monotonic, both: [own.judgement, monotonic.judgement] as [Judgement, Judgement] };
};

/** Enough good evidence for both. */
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

  it('are valid when every read shows what was written', () => {
    expect(judged(good).both).toEqual(['valid', 'valid']);
  });

  it('a read that misses an acknowledged write is STALE, and not BACK when nobody had seen it', () => {
    const { both, own } = judged(s =>
      good(s).write('b', 'app-1').read('app-2', ['a']).read('app-1', ['a', 'b']),
    );
    expect(both).toEqual(['violated', 'valid']);
    expect(own.anomalies[0]?.witness.map(step => step.came)).toEqual(['acknowledged', '"b" is not there']);
    expect(own.violations).toBe(1);
  });

  it('a value that was shown and is gone is BACK, and not STALE when its write was never acknowledged', () => {
    const unsure = { outcome: 'info' as const, status: 504 };
    const { both, monotonic } = judged(s =>
      good(s).write('b', 'app-1', unsure).read('app-1', ['a', 'b']).read('app-2', ['a']),
    );
    expect(both).toEqual(['valid', 'violated']);
    expect(monotonic.anomalies[0]?.summary).toBe('app-2 showed an older state than app-1 had shown before');
  });

  it('a write that may have happened may show late, or never', () => {
    const unsure = { outcome: 'info' as const };
    expect(judged(s => good(s).write('b', 'app-1', unsure).hops(4, ['a'])).both).toEqual(['valid', 'valid']);
    expect(judged(s => good(s).write('b', 'app-1', unsure).hops(4, ['a']).hops(4, ['a', 'b'])).both).toEqual([
      'valid',
      'valid',
    ]);
  });

  it('a read that overlaps the write owes it nothing', () => {
    const { both } = judged((s, p) => {
      good(s);
      const call = p.now;
      s.write('b', 'app-1', { call, return: call + 500 });
      s.read('app-2', ['a'], { call: call + 500, return: call + 900 });
    });
    expect(both).toEqual(['valid', 'valid']);
  });

  it('what is removed may be missing from the call of the removal on, and must be once it was acknowledged', () => {
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

  it('are unknown once continuity is broken, but what was violated before stays so', () => {
    expect(judged(s => good(s).signedOut('app-2')).both).toEqual(['unknown', 'unknown']);
    const before = judged(s => good(s).write('b', 'app-1').read('app-2', ['a']).signedOut('app-2'));
    expect(before.both).toEqual(['violated', 'unknown']);
  });

  it('are judged by session: what one session wrote, another need not see', () => {
    const { both } = judged((s, p) => {
      good(s);
      p.session('s2', 'bob').login('app-2').hops(12, []);
    });
    expect(both).toEqual(['valid', 'valid']);
  });
});
