import { describe, expect, it } from 'vitest';
import type { RefreshRules } from '../history/history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const SECOND = 1_000_000;

/** Returns a run whose target declares the given rules for refresh tokens. */
const drawn = (refresh: RefreshRules = { grace: SECOND }): Picture =>
  new Picture({ claims: ['token-refresh'], declared: { refresh } });

const begun = (picture: Picture, name = 's1'): SessionPicture =>
  picture.session(name, 'alice').login('app-1', { issued: { refresh: 'A', lifetime: 3 * SECOND } });

const judged = (picture: Picture) => picture.finish().verdict('token-refresh');
const named = (picture: Picture): string[] => judged(picture).anomalies.map(({ name }) => name);

/** Adds refreshes of further sessions, so that the verdict has enough evidence. */
function enough(picture: Picture): Picture {
  for (let n = 0; n < 4; n++) {
    const session = picture.session(`other${n}`, 'bob').login('app-1', { issued: { refresh: `a${n}` } });
    const at = picture.now;
    session
      .refresh(`a${n}`, `b${n}`, 'app-1', { with: 'copy', call: at })
      .refresh(`a${n}`, `c${n}`, 'app-2', { with: 'copy', call: at + 100 })
      .refresh(`a${n}`, `d${n}`, 'app-2', { with: 'copy' });
    picture.wait(4 * SECOND);
    session.refresh(`a${n}`, undefined, 'app-1', { with: 'old' });
  }
  return picture;
}

describe('token-refresh', () => {
  it('is unknown without refreshes, and says what to add', () => {
    expect(judged(new Picture()).why).toContain('no `refresh`');
    expect(judged(drawn())).toMatchObject({ judgement: 'unknown' });
  });

  it('is valid with enough evidence, and names an instance without a refresh', () => {
    const verdict = judged(enough(drawn()));
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "valid
      at most 31 % of overlapping and repeated refreshes end the session; no logout was acknowledged, so no token was sent after one
      rests on refreshes 12, overlapping 4, repeated 4, spent tokens 4, after a logout 0, access tokens after it 0, instances 2"
    `);
    const picture = drawn();
    begun(picture)
      .refresh('A', 'B', 'app-1')
      .refresh('B', 'C', 'app-1')
      .refresh('C', 'D', 'app-1')
      .read('app-2');
    expect(judged(picture).why).toContain('app-2');
  });

  it('is unknown without the races that a declared grace period needs', () => {
    const picture = drawn();
    begun(picture).refresh('A', 'B', 'app-1').refresh('B', 'C', 'app-1').refresh('C', 'D', 'app-1');
    expect(judged(picture).why).toContain('overlapped');
    const slow = drawn();
    for (let n = 0; n < 4; n++) {
      const session = slow.session(`slow${n}`, 'bob').login('app-1', { issued: { refresh: `a${n}` } });
      const at = slow.now;
      for (const [i, next] of ['b', 'c', 'd'].entries())
        session.refresh(`a${n}`, `${next}${n}`, i === 0 ? 'app-1' : 'app-2', {
          call: at,
          return: at + 2 * SECOND,
        });
    }
    // Refreshes that overlap for longer than the grace period do not show whether the grace period works.
    expect(judged(slow).why).toContain('0 refresh requests that overlapped');
    const without = drawn({});
    begun(without).refresh('A', 'A', 'app-1').refresh('A', 'A', 'app-1').refresh('A', 'A', 'app-1');
    expect(judged(without)).toMatchObject({ judgement: 'valid' });
    expect(judged(without).finding).toContain('refresh tokens are never replaced');
  });

  it('counts the tokens that are refused after their replacement, after a logout, and after their lifetime', () => {
    const picture = drawn({});
    for (let n = 0; n < 3; n++) {
      const session = begun(picture, `s${n}`).refresh('A', 'B', 'app-1');
      picture.wait(4 * SECOND);
      session.refresh('A', undefined, 'app-1', { with: 'old' }).logout('app-1');
      session.refresh('B', undefined, 'app-1', { with: 'old' }).refuses('old', 'app-1');
      picture.wait(6 * SECOND);
      session.refuses('old', 'app-1').ended();
    }
    const error = { with: 'old', outcome: 'info', signedIn: undefined, status: 504 } as const;
    const session = begun(picture, 'failing').refresh('A', 'A', 'app-1', { sent: undefined });
    session.logout('app-1').logout('app-1').refresh('A', undefined, 'app-1', error);
    picture.wait(6 * SECOND);
    session.asks('app-1', error).honours('copy', 'app-1');
    expect(verdictText(judged(picture))).toMatchInlineSnapshot(`
      "valid
      at most 39 % of spent and revoked tokens are accepted
      rests on refreshes 3, overlapping 0, repeated 0, spent tokens 3, after a logout 3, access tokens after it 3, instances 1"
    `);
  });

  it('needs tokens sent after a logout only if a logout of a live session was acknowledged', () => {
    const needed = (draw: (session: SessionPicture) => SessionPicture): string => {
      const picture = enough(drawn());
      draw(begun(picture).read('app-2'));
      const { why, finding } = judged(picture);
      return why ?? finding;
    };
    const failed = { outcome: 'fail', status: 500 } as const;
    const none = 'no logout was acknowledged, so no token was sent after one';
    expect(needed(session => session)).toContain(none);
    expect(needed(session => session.logout('app-1', failed))).toContain(none);
    expect(needed(session => session.logoutAll('app-1', failed))).toContain(none);
    expect(needed(session => session.signedOut('app-1').logout('app-1'))).toContain(none);
    for (const draw of [
      (s: SessionPicture) => s.logout('app-1'),
      (s: SessionPicture) => s.logoutAll('app-1'),
    ])
      expect(needed(draw)).toContain('0 refresh tokens sent after a logout, 3 are needed');
  });

  describe('EVICTED', () => {
    it('is a refused refresh token that was never used, whatever is declared', () => {
      const picture = drawn({});
      begun(picture).refresh('A', 'B', 'app-1').refresh('B', undefined, 'app-2');
      const [anomaly] = judged(picture).anomalies;
      expect(anomaly).toMatchObject({ name: 'EVICTED', session: 's1' });
      expect(stories(judged(picture))).toMatchInlineSnapshot(`
        "EVICTED token-refresh s1 alice: app-2 refused a refresh token that had not been used
          #2 refresh on app-1: new tokens
          #3 refresh on app-2 fail: expected new tokens; came refused (400)"
      `);
      expect(picture.verdict('continuity').anomalies.map(({ name }) => name)).toEqual(['LOSS']);
    });

    const overlapping = (rules: RefreshRules, then: string | undefined): Picture => {
      const picture = drawn(rules);
      const session = begun(picture);
      const at = picture.now;
      session
        .refresh('A', undefined, 'app-2', { with: 'copy', call: at + 100, return: at + 300 })
        .refresh('A', 'B', 'app-1', { with: 'copy', call: at, return: at + 500 });
      picture.inTime();
      session.refresh('B', then, 'app-1', { with: 'copy' });
      return picture;
    };

    it('is the end of a session after overlapping refreshes, where grace is declared', () => {
      expect(verdictText(judged(overlapping({ grace: SECOND }, undefined)))).toMatchInlineSnapshot(`
        "violated, 1
        1 violation in 1 accepted refresh request; no logout was acknowledged, so no token was sent after one
        rests on refreshes 1, overlapping 1, repeated 0, spent tokens 0, after a logout 0, access tokens after it 0, instances 1
        EVICTED token-refresh s1 alice: the session ended after several refreshes with one token, within the grace period
          #3 refresh on app-1: new tokens
          #2 refresh on app-2 fail: refused
          #4 refresh on app-1 fail: expected new tokens; came refused (400)"
      `);
      expect(named(overlapping({ grace: SECOND }, 'C'))).toEqual([]);
      expect(judged(overlapping({}, undefined)).violations).toBe(0);
    });

    it('is not judged, but reported, without grace', () => {
      const picture = enough(overlapping({}, undefined));
      // Without a declared grace period, an overlapping refresh sends a replaced token, and the app may refuse it.
      expect(judged(picture)).toMatchObject({ judgement: 'valid' });
      expect(judged(picture).finding).toContain('1 session ended after refreshes with the same token');
    });

    const lost = (rules: RefreshRules, later: number): Picture => {
      const picture = drawn(rules);
      const session = begun(picture).refresh('A', 'B', 'app-1', { with: 'copy', lost: true });
      picture.wait(later);
      session.refresh('A', undefined, 'app-2', { with: 'copy' });
      return picture;
    };

    it('is a refused retry after a lost response, within grace', () => {
      expect(stories(judged(lost({ grace: SECOND }, 0)))).toMatchInlineSnapshot(`
        "EVICTED token-refresh s1 alice: the session ended after several refreshes with one token, within the grace period
          #1 login on app-1: issued the refresh token
          #2 refresh on app-1: new tokens; the response was lost
          #3 refresh on app-2 fail: expected new tokens; came refused (400)"
      `);
      // An app may measure its grace period in whole seconds, so the period may be up to a second shorter.
      expect(named(lost({ grace: SECOND }, SECOND / 2))).toEqual([]);
      expect(named(lost({ grace: 10 * SECOND }, 9 * SECOND))).toEqual([]);
      expect(named(lost({ grace: 10 * SECOND }, 7 * SECOND))).toEqual(['EVICTED']);
      expect(named(lost({}, 0))).toEqual([]);
    });

    it('shows if an earlier refresh got only an access token', () => {
      const picture = drawn();
      begun(picture)
        .refresh('A', undefined, 'app-1', { with: 'copy', outcome: 'ok', issued: { lifetime: SECOND } })
        .refresh('A', undefined, 'app-2', { with: 'copy' });
      expect(stories(judged(picture))).toMatchInlineSnapshot(`
        "EVICTED token-refresh s1 alice: the session ended after several refreshes with one token, within the grace period
          #1 login on app-1: issued the refresh token
          #2 refresh on app-1: a new access token
          #3 refresh on app-2 fail: expected new tokens; came refused (400)"
      `);
    });

    it('shows every refresh with the token, and is reported once', () => {
      const picture = drawn();
      const session = begun(picture);
      const at = picture.now;
      for (const [n, next] of [undefined, 'B', undefined].entries())
        session.refresh('A', next, 'app-2', { with: 'copy', call: at + 400 * n, return: at + 400 * n + 500 });
      picture.inTime();
      session.refresh('B', undefined, 'app-1', { with: 'copy' }).refresh('B', undefined, 'app-1');
      expect(verdictText(judged(picture))).toMatchInlineSnapshot(`
        "violated, 1
        1 violation in 1 accepted refresh request; no logout was acknowledged, so no token was sent after one
        rests on refreshes 1, overlapping 2, repeated 1, spent tokens 0, after a logout 0, access tokens after it 0, instances 1
        EVICTED token-refresh s1 alice: the session ended after several refreshes with one token, within the grace period
          #2 refresh on app-2 fail: refused
          #3 refresh on app-2: new tokens
          #4 refresh on app-2 fail: refused
          #5 refresh on app-1 fail: expected new tokens; came refused (400)"
      `);
    });

    it('is no error, and no refusal of a cookie that is sent again on purpose', () => {
      const errors = drawn({});
      begun(errors).refresh('A', undefined, 'app-2', { outcome: 'info', status: 504, signedIn: undefined });
      begun(errors, 's2').refresh('A', undefined, 'app-2', { with: 'old' });
      expect(named(errors)).toEqual([]);
    });

    it('is no refusal of a third use, if the client has the tokens of the second', () => {
      const picture = drawn();
      begun(picture)
        .refresh('A', 'B', 'app-1', { with: 'copy', lost: true })
        .refresh('A', 'C', 'app-2', { with: 'copy' })
        .refresh('A', undefined, 'app-1', { with: 'copy' })
        .refresh('C', 'D', 'app-1', { with: 'copy' });
      expect(named(picture)).toEqual([]);
    });

    it('is no refusal of a token that a refresh without an end may have replaced', () => {
      const picture = drawn({});
      const session = begun(picture);
      picture.add({
        type: 'start',
        id: 99,
        clock: 'c0',
        client: 's1',
        session: 's1',
        user: 'alice',
        action: 'refresh',
        request: 'test-99',
        call: picture.now,
        sent: 'A',
      });
      picture.wait(5 * SECOND);
      session.refresh('A', undefined, 'app-2');
      expect(named(picture)).toEqual([]);
    });

    it('is no refusal of a session that may have expired', () => {
      const expired = (wait: number): Picture => {
        const declared = { refresh: {}, expiry: { idle: 20 * SECOND } };
        const picture = new Picture({ claims: ['token-refresh'], declared });
        const session = begun(picture);
        picture.wait(wait);
        session.refresh('A', undefined, 'app-2');
        return picture;
      };
      expect(named(expired(19 * SECOND))).toEqual([]);
      expect(named(expired(10 * SECOND))).toEqual(['EVICTED']);
    });

    it('is no refusal of a token whose successor the client has', () => {
      const picture = drawn();
      begun(picture)
        .refresh('A', 'B', 'app-1', { with: 'copy' })
        .refresh('A', undefined, 'app-2', { with: 'copy' })
        .refresh('B', 'C', 'app-2', { with: 'copy' });
      expect(named(picture)).toEqual([]);
    });

    it('is no refusal after a reuse, during a logout or after it', () => {
      const picture = drawn();
      const reused = begun(picture).refresh('A', 'B', 'app-1');
      picture.wait(4 * SECOND);
      reused
        .refresh('A', undefined, 'app-2', { with: 'old' })
        .refresh('B', undefined, 'app-1', { with: 'copy' });
      const out = begun(picture, 's2');
      out.logout('app-1').refresh('A', undefined, 'app-2', { with: 'copy' });
      const call = picture.now;
      const during = begun(picture, 's3').logout('app-1', { call: call + 2000, return: call + 4000 });
      during.refresh('A', undefined, 'app-2', { with: 'copy', call: call + 3000 });
      expect(named(picture)).toEqual([]);
    });
  });

  describe('REUSED', () => {
    const replayed = (rules: RefreshRules, later: number, next: string | undefined): Picture => {
      const picture = drawn(rules);
      const session = begun(picture).refresh('A', 'B', 'app-1');
      picture.wait(later);
      session.refresh('A', next, 'app-2', { with: 'old' });
      return picture;
    };

    it('is a spent token that is accepted after grace and tolerance', () => {
      expect(stories(judged(replayed({ grace: SECOND }, 3.1 * SECOND, 'C')))).toMatchInlineSnapshot(`
        "REUSED token-refresh s1 alice: a refresh token that had been replaced was accepted after the grace period of 1 s
          #2 refresh on app-1: replaced the refresh token by another one
          #3 refresh on app-2: expected refused: the token is spent; came accepted"
      `);
      expect(named(replayed({ grace: SECOND }, 2.9 * SECOND, 'C'))).toEqual([]);
      expect(named(replayed({ grace: SECOND }, 3.1 * SECOND, undefined))).toEqual([]);
      expect(stories(judged(replayed({}, 2.1 * SECOND, 'C')))).toMatchInlineSnapshot(`
        "REUSED token-refresh s1 alice: a refresh token that had been replaced was accepted
          #2 refresh on app-1: replaced the refresh token by another one
          #3 refresh on app-2: expected refused: the token is spent; came accepted
          (if the app has a grace period, declare it: \`refresh: { grace: 10s }\`)"
      `);
    });

    it('is no token that a refresh kept', () => {
      const picture = drawn({});
      const session = begun(picture).refresh('A', 'A', 'app-1');
      picture.wait(4 * SECOND);
      session.refresh('A', 'A', 'app-2');
      expect(named(picture)).toEqual([]);
    });

    it('is a session that lives on after the reuse of a token, if that must end it', () => {
      const lives = (rules: RefreshRules): Picture => {
        const picture = replayed(rules, 4 * SECOND, undefined);
        picture.session('s1', 'alice').refresh('B', 'C', 'app-1', { with: 'copy' });
        return picture;
      };
      expect(stories(judged(lives({ grace: SECOND, reuse: 'ends-session' })))).toMatchInlineSnapshot(`
        "REUSED token-refresh s1 alice: the session lives on although a spent refresh token was used, perhaps by a thief
          #3 refresh on app-2 fail: sent a spent refresh token
          #4 refresh on app-1: expected refused: the reuse has ended the session; came accepted"
      `);
      expect(named(lives({ grace: SECOND }))).toEqual([]);
    });

    it('is a refresh token that is accepted after the logout, and not during it', () => {
      const picture = drawn();
      const session = begun(picture);
      const at = picture.now;
      session.refresh('A', 'B', 'app-2', { with: 'copy', call: at + 100 }).logout('app-1', { call: at });
      picture.inTime();
      session.refresh('B', 'C', 'app-2', { with: 'old' });
      expect(stories(judged(picture))).toMatchInlineSnapshot(`
        "REUSED token-refresh s1 alice: app-2 still accepts the refresh token after the logout
          #3 logout on app-1: acknowledged
          #4 refresh on app-2: expected refused; came accepted"
      `);
    });

    it('is no refresh token of another login after the logout', () => {
      const picture = drawn({ reuse: 'ends-session' });
      begun(picture)
        .logout('app-1')
        .login('app-1', { issued: { refresh: 'B', lifetime: 3 * SECOND } })
        .refresh('B', 'C', 'app-2')
        .refresh('A', undefined, 'app-2', { with: 'old' });
      expect(named(picture)).toEqual([]);
    });

    it('is an access token that is accepted after the logout: at once if revoked, else after its lifetime', () => {
      const out = (rules: RefreshRules, later: number): Picture => {
        const picture = drawn(rules);
        const session = begun(picture).logout('app-1');
        picture.wait(later);
        session.honours('old', 'app-2');
        return picture;
      };
      expect(named(out({}, 0))).toEqual([]);
      expect(named(out({}, 6 * SECOND))).toEqual(['REUSED']);
      expect(stories(judged(out({ revokes: 'access' }, 0)))).toMatchInlineSnapshot(`
        "REUSED token-refresh s1 alice: app-2 still accepts the access token after the logout
          #2 logout on app-1: acknowledged
          #3 read on app-2: expected refused; came accepted"
      `);
      const hour = (seconds: number): Picture => {
        const picture = drawn({});
        const session = picture
          .session('s1', 'alice')
          .login('app-1', { issued: { lifetime: 3600 * SECOND } })
          .logout('app-1');
        picture.wait(seconds * SECOND);
        session.honours('old', 'app-2');
        return picture;
      };
      // The tolerance for the lifetime of a token is 5 %.
      expect(named(hour(3700))).toEqual([]);
      expect(named(hour(3800))).toEqual(['REUSED']);
    });

    it('is no access token that was read before the logout or during it, or that the client had not kept', () => {
      const picture = drawn({ revokes: 'access' });
      const session = begun(picture).honours('old', 'app-2');
      const call = picture.now;
      session.logout('app-1', { call, return: call + 1000 });
      session.honours('old', 'app-2', { call: call + 500, return: call + 1500 }).read('app-2');
      expect(named(picture)).toEqual([]);
    });

    it('is proved wrong by a refusal only while the access token certainly lives, or after it has expired', () => {
      const refused = (seconds: number) => {
        const picture = drawn({ revokes: 'access' });
        const session = begun(picture).logout('app-1');
        picture.wait(seconds * SECOND);
        session.refuses('old', 'app-2');
        return judged(picture).rests['access tokens after it'];
      };
      expect([0, 2.9, 3.1, 4.9, 5.1].map(refused)).toEqual([1, 1, 0, 0, 1]);
    });

    it('is the token of a session after its logout, also if a later login fails', () => {
      const picture = drawn();
      begun(picture).logout('app-1').refusedLogin('app-1').refresh('A', 'B', 'app-2', { with: 'old' });
      expect(named(picture)).toEqual(['REUSED']);
    });

    it('is no token of another user after a logout of all sessions', () => {
      const picture = drawn();
      const session = begun(picture);
      const other = picture.session('s2', 'carol').login('app-1', { issued: { refresh: 'C' } });
      other.logoutAll('app-1');
      session.refresh('A', 'B', 'app-1', { with: 'copy' });
      expect(named(picture)).toEqual([]);
    });

    it('is a refresh token that lives after a logout of all sessions', () => {
      const picture = drawn();
      const other = begun(picture, 's2');
      begun(picture).logoutAll('app-1');
      other.refresh('A', 'B', 'app-1', { with: 'old' });
      expect(named(picture)).toEqual(['REUSED']);
    });
  });

  it('leaves logout-final to targets whose logout ends access tokens', () => {
    const loggedOut = (rules: RefreshRules) => {
      const picture = new Picture({ claims: ['logout-final'], declared: { refresh: rules } });
      begun(picture).read('app-2').logout('app-1').honours('old', 'app-2');
      return picture.finish().verdict('logout-final');
    };
    expect(loggedOut({})).toMatchObject({ judgement: 'unknown' });
    expect(loggedOut({}).why).toContain('revokes: access');
    expect(loggedOut({ revokes: 'access' }).anomalies.map(({ name }) => name)).toEqual(['ZOMBIE']);
  });
});
