import { describe, expect, it } from 'vitest';
import { Picture } from '../core/testing/picture.ts';
import { terminal } from './terminal.ts';

const drawn = (picture: Picture, colour = false) =>
  terminal(picture.finish().result(), { colour, width: 100 });

const lost = () => {
  const picture = new Picture({ claims: ['continuity', 'read-your-writes'] });
  picture.session('s1', 'alice').login('app-1').write('a', 'app-1').signedOut('app-2').read('app-1').ended();
  return picture;
};

describe('terminal', () => {
  it('shows the verdicts, the proof, and the command that reproduces it', () => {
    expect(drawn(lost())).toMatchInlineSnapshot(`
      "
      picture  http://127.0.0.1
      run test · seed 1 · 4 requests in 0.0 s, 1 session of 1 user, 1 handoff

      ✗ continuity        violated  1 of 1 session lost
      ? read-your-writes  unknown   continuity is broken in 1 session: later reads of such sessions cannot
                                    be judged

      not claimed, and this run is no evidence for isolation, instances-agree, routing, monotonic-reads,
      no-lost-updates, at-most-once, linearizability, logout-final, rotation, forgery, one-session,
      expiry, token-refresh, cookie-policy, private-responses, outage, survival, availability, evidence

      instance   requests   share                                 sessions
      app-1             3  75.0 %  ███████████████████████        1
      app-2             1  25.0 %  ████████                       1
      named by header: 4 requests

      LOSS  continuity  session s1  user alice
        app-1 knew the session, app-2 did not, although the user had not logged out
        1  0.000 s  login    on app-1                 logged in
        2  0.001 s  add "a"  on app-1                 acknowledged
        3  0.002 s  read     on app-2  303 to /login  expected: signed in as alice
                                                      came:     signed out
        the same cookie sent again afterwards: app-1 honoured it 1 of 1 times

        it holds when every request of a live session gets a response signed in as its user, on every instance
        how to mend it:  npx baton-verify explain continuity
        see it again:  npx baton-verify verify --seed 1

       VIOLATED  broken: continuity
      "
    `);
  });

  it('shows how requests failed, the most frequent first', () => {
    const picture = lost();
    const session = picture.session('s2', 'bob').login('app-1');
    for (const status of [502, 409, 504, 409, 502, 409])
      session.write('x', 'app-1', { outcome: status < 500 ? 'fail' : 'info', status });
    expect(drawn(picture)).toContain('6 requests without success: 409 × 3, 502 × 2, 504 × 1');
  });

  it('shows unclaimed guarantees separately, and does not fail the run for them', () => {
    const picture = new Picture({ claims: ['continuity'] });
    const session = picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(60, ['a']);
    session.write('b', 'app-1').read('app-2', ['a']);
    const text = drawn(picture);
    expect(text).toMatch(/measured, not claimed\n[\s\S]*✗ read-your-writes +violated/);
    expect(text).toContain('note: read-your-writes is not claimed, but was violated: ');
    expect(text).toContain(
      ' VALID  the claimed guarantee holds; not claimed, but violated: read-your-writes',
    );
  });

  it('says that there is no proof if only counts are known', () => {
    const result = lost().finish().result();
    const counts = result.guarantees.map(verdict => ({ ...verdict, anomalies: [] }));
    const text = terminal({ ...result, guarantees: counts }, { colour: false, width: 100 });
    expect(text).toContain(
      '\ncontinuity was violated 1 time; the requests that prove it were not recorded\n',
    );
  });

  it('uses colours only if requested', () => {
    expect(drawn(lost())).not.toContain('\u001b');
    expect(drawn(lost(), true)).toContain('\u001b[31m✗ continuity');
  });

  it('reports that nothing is claimed, and that the run was cut off', () => {
    expect(drawn(new Picture({ claims: [] }))).toContain(' UNKNOWN  nothing is claimed');
    const cut = terminal(new Picture().result(), { colour: false, width: 80 });
    expect(cut).toContain('for the recorded part only: the run was cut off');
  });

  it('wraps sentences at the width of the terminal', () => {
    const text = terminal(lost().finish().result(), { colour: false, width: 80 });
    const sentences = text.split('\n').filter(line => line.startsWith('? '));
    expect(Math.max(...sentences.map(line => line.length))).toBeLessThanOrEqual(80);
  });
});
