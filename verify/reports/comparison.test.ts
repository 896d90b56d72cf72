import { describe, expect, it } from 'vitest';
import { compare } from '../core/compare/compare.ts';
import { digest, judged } from '../core/testing/digests.ts';
import { comparisonText } from './comparison.ts';
import { brief } from './terminal.ts';
import { broken, healthy } from './testing/results.ts';

const unknown = { judgement: 'unknown' } as const;
const base = digest(0, {
  revision: '3f2a9c1b7e60a1b2c3d4',
  guarantees: [
    judged('continuity'),
    judged('isolation'),
    judged('read-your-writes'),
    judged('monotonic-reads'),
  ],
});
const now = digest(1, {
  guarantees: [
    judged('continuity', { violations: 3, blamed: 'app-2' }),
    judged('isolation'),
    judged('read-your-writes', unknown),
    judged('monotonic-reads', unknown),
  ],
});
const plain = { colour: false, width: 100 };

describe('comparisonText', () => {
  it('shows what is worse, where, and since which baseline, and groups equal sentences', () => {
    expect(comparisonText(compare([base], [now]), plain)).toMatchInlineSnapshot(`
      "
      compared with run run-0 of 3f2a9c1b7e60, 2026-01-01
      worse         continuity: LOSS is new: 3 of 500 sessions; none of 500 before; the wrong responses
                    came from app-2
      undetermined  read-your-writes, monotonic-reads: too little evidence now; it was valid
      same  isolation
       WORSE  continuity (app-2), since run run-0 of 3f2a9c1b7e60, 2026-01-01
      "
    `);
  });

  it('shows that nothing is worse, and what was compared', () => {
    expect(comparisonText(compare([base, base], [base]), plain)).toMatchInlineSnapshot(`
      "
      compared with 2 runs of 3f2a9c1b7e60, 2026-01-01
      same  continuity, isolation, read-your-writes, monotonic-reads
       NOT WORSE  nothing claimed is worse since 2 runs of 3f2a9c1b7e60, 2026-01-01
      "
    `);
  });

  it('uses colours only if requested', () => {
    expect(comparisonText(compare([base], [now]), plain)).not.toContain('\u001b');
    expect(comparisonText(compare([base], [now]), { ...plain, colour: true })).toContain('\u001b[31mworse');
  });
});

describe('brief', () => {
  it('is one screen: violations, the proof of the worst one, the verdict', () => {
    expect(brief(broken(), plain)).toMatchInlineSnapshot(`
      "
      alice  http://127.0.0.1
      run test · seed 1 · 70 requests in 0.1 s, 2 sessions of 2 users, 64 handoffs

      ✗ continuity       violated  1 of 2 sessions lost
      ✗ isolation        violated  1 response of 64 responses showed another user's data
      ✗ no-lost-updates  violated  lost 1 acknowledged add of 2 that overlapped
      ? unknown: expiry

      LOSS  continuity  session s-alice  user alice
        app-1 knew the session, alice did not, although the user had not logged out
        1  0.000 s  login        on app-1                logged in
        2  0.001 s  add "alice"  on app-1                acknowledged
        3  0.002 s  read         on alice  303 to alice  expected: signed in as alice
                                                         came:     signed out
        the same cookie sent again afterwards: app-1 honoured it 1 of 1 times

        it holds when every request of a live session gets a response signed in as its user, on every instance
        how to mend it:  npx baton-verify explain continuity
        see it again:  npx baton-verify verify alice

      note: alice
       VIOLATED  broken: continuity, isolation, no-lost-updates; not claimed, but violated: linearizability
      "
    `);
  });

  it('is a few lines for a healthy run', () => {
    expect(brief(healthy(), plain)).toMatchInlineSnapshot(`
      "
      picture  http://127.0.0.1
      run test · seed 1 · 121 requests in 0.1 s, 1 session of 1 user, 120 handoffs

      ✓ valid: continuity, routing

       VALID  all 2 claimed guarantees hold
      "
    `);
  });

  it('shows what is missing if nothing is violated', () => {
    const result = healthy();
    const guarantees = result.guarantees.map(verdict => ({
      ...verdict,
      judgement: 'unknown' as const,
      why: 'run on',
    }));
    expect(brief({ ...result, judgement: 'unknown', guarantees }, plain)).toMatch(
      /\? continuity +unknown +run on\n/,
    );
  });
});
