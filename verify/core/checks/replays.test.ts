/**
 * Tests the messages of logout-final about replayed cookies, late cookies, and responses that fail to delete a cookie.
 */
import { describe, expect, it } from 'vitest';
import { healthy } from '../testing/logouts.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.inTime().verdict('logout-final');
};

describe('logout-final, exact messages', () => {
  const cookie = (
    label: string | undefined,
    path?: string,
    domain?: string,
    change: 'set' | 'deleted' = 'set',
  ) => ({
    name: 'sid',
    change,
    ...(label && { label }),
    ...(path && {
      attributes: { httpOnly: true, secure: false, bytes: 50, bits: 128, path, ...(domain && { domain }) },
    }),
  });

  it('says how much it rests on: ten replays, three logouts with a request in flight', () => {
    const times = (racing: number, more: number) =>
      judged(p => {
        healthy(p, racing);
        const session = p.session('c', 'bob').login('app-1').read('app-2').logout('app-1');
        for (let i = 0; i < more; i++) session.refuses('old', i % 2 ? 'app-1' : 'app-2');
        session.ended();
      });
    expect(verdictText(times(3, 3))).toMatchInlineSnapshot(`
      "unknown
      why: 9 replays of cookies from before a logout, 10 are needed: replay them on every instance, and send requests of each session to all instances before its logout
      rests on logouts 4, with a request in flight 3, replays 9, instances 2"
    `);
    expect(verdictText(times(2, 6))).toMatchInlineSnapshot(`
      "unknown
      why: 2 logouts with a request of the session in flight, 3 are needed
      rests on logouts 3, with a request in flight 2, replays 10, instances 2"
    `);
    expect(verdictText(times(3, 4))).toMatchInlineSnapshot(`
      "valid
      at most 63 % of logouts with a request in flight are undone
      rests on logouts 4, with a request in flight 3, replays 10, instances 2"
    `);
    const lost = judged(p => {
      healthy(p);
      p.session('l', 'bob').login('app-1').read('app-2').signedOut('app-1').logout('app-2').ended();
    });
    expect(verdictText(lost)).toMatchInlineSnapshot(`
      "unknown
      why: 1 logout of sessions that were lost before: restore continuity first
      rests on logouts 6, with a request in flight 6, replays 12, instances 2"
    `);
  });

  it('counts a request as in flight if it neither ended before the logout nor began after it', () => {
    const flights = (call: number, end: number) => {
      const { rests } = judged(p => {
        p.wait(10_000);
        const session = p.session('s', 'alice').login('app-1', { call: 0, return: 10 });
        session.read('app-2', [], { call: 3000 + call, return: 3000 + end });
        session.logout('app-1', { call: 3000, return: 3500 });
      });
      return rests['with a request in flight'];
    };
    expect([flights(-20, -1), flights(-20, 1), flights(-20, 600)]).toEqual([0, 1, 1]);
    expect([flights(100, 400), flights(500, 900), flights(501, 900)]).toEqual([1, 1, 0]);
  });

  it('counts each instance that served the session since its login, and one logout of a session', () => {
    const { rests, why } = judged(p => {
      healthy(p);
      p.session('n', 'guest').read('app-9').form('app-8').ended();
      const session = p.session('t', 'bob').login('app-1').logout('app-1').refuses('old', 'app-1');
      session.logout('app-1').refuses('old', 'app-2').ended();
      p.session('o', 'carol').logout('app-1').refuses('old', 'app-1').ended();
    });
    expect({ rests, why }).toMatchObject({
      rests: { logouts: 7, replays: 14, instances: 2 },
      why: undefined,
    });
  });

  it('judges only replays with the cookies from before the logout, by their pages', () => {
    const { rests, violations } = judged(p => {
      healthy(p);
      const session = p.session('t', 'bob').login('app-1').read('app-2').logout('app-1');
      session.honours('none', 'app-2').honours('forged', 'app-1').write('a', 'app-1');
      session
        .read('app-1', [], { sawUser: 'carol' })
        .asks('app-2', { with: 'old', status: 500, outcome: 'fail' });
      session.login('app-1', { outcome: 'fail', signedIn: 'out' }).signedOut('app-1');
      session.login('app-2', { outcome: 'info', status: 504 }).read('app-2').ended();
    });
    expect({ replays: rests['replays'], violations }).toEqual({ replays: 13, violations: 0 });
  });

  it('checks the sessions that had begun, and were not lost, after a logout of all sessions', () => {
    const verdict = judged(p => {
      const one = p.session('a1', 'alice').login('app-1').read('app-2');
      const two = p.session('a2', 'alice').login('app-2').read('app-1');
      const lost = p.session('a3', 'alice').login('app-2').read('app-1').signedOut('app-2');
      p.session('a4', 'alice').login('app-1').read('app-2').ended();
      const late = p.session('a5', 'alice');
      one.logoutAll('app-2', { cookies: [cookie(undefined, '/other', undefined, 'deleted')] });
      one.refuses('old', 'app-1').refuses('old', 'app-2');
      two.honours('old', 'app-1').ended();
      lost.honours('old', 'app-1').ended();
      late.login('app-1').read('app-2');
      one.ended();
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 1
      the cookie was honoured after 1 of 2 logouts
      rests on logouts 2, with a request in flight 0, replays 3, instances 2
      ZOMBIE logout-final a2 alice: app-1 still honours the cookie after the logout of all sessions
        #10 logout-all on app-2: acknowledged
        #13 read on app-1: expected refused; came signed in as alice
        (the cookie from before the logout: app-1 honoured it 1 of 1 times)"
    `);
    const byLost = judged(p => {
      const one = p.session('a1', 'alice').login('app-1').read('app-2').signedOut('app-1');
      const two = p.session('a2', 'alice').login('app-2').read('app-1');
      one.logoutAll('app-2');
      two.honours('old', 'app-1');
    });
    expect(verdictText(byLost)).toMatchInlineSnapshot(`
      "unknown
      why: 2 logouts, all of sessions that were lost before: restore continuity first
      rests on logouts 0, with a request in flight 0, replays 0, instances 0"
    `);
  });

  it('reports a deletion with another Path or Domain than the cookie of the login', () => {
    const missed = (set: object[], deletions: object[]) => {
      const { finding } = judged(p => {
        healthy(p);
        const session = p
          .session('m', 'bob')
          .login('app-1', { cookies: set as never })
          .read('app-2');
        session
          .logout('app-1', { cookies: deletions as never })
          .refuses('old', 'app-1')
          .ended();
      });
      return /; (\d) deletion/.exec(finding)?.[1] ?? '0';
    };
    const set = [cookie('a', '/app', 'x.test')];
    const gone = (path?: string, domain?: string) => cookie(undefined, path, domain, 'deleted');
    expect([
      missed(set, [gone('/app', 'x.test')]),
      missed(set, [gone('/', 'x.test')]),
      missed(set, [gone('/app')]),
    ]).toEqual(['0', '1', '1']);
    const both = [cookie('a', '/admin'), cookie('a', '/files')];
    expect([
      missed(both, [gone('/admin'), gone('/files'), gone('/')]),
      missed(both, [gone('/admin'), gone('/')]),
    ]).toEqual(['0', '1']);
    expect([missed(set, [gone()]), missed([cookie('a')], [gone('/')]), missed([], [gone('/')])]).toEqual([
      '0',
      '0',
      '0',
    ]);
    expect([missed(set, [cookie('b', '/')]), missed(set, [{ ...gone('/'), name: 'csrf' }])]).toEqual([
      '0',
      '0',
    ]);
    expect(missed(set, [cookie('b', '/app', 'x.test'), gone('/', 'x.test')])).toBe('1');
    expect(missed([{ ...cookie('c', '/'), name: 'csrf' }, ...set], [gone('/', 'x.test')])).toBe('1');
    expect(missed([gone('/'), ...set], [gone('/app', 'x.test')])).toBe('0');
  });

  it('reports a late response that sets the dead cookie again, by its label', () => {
    const again = (...cookies: object[]) => {
      const { finding } = judged(p => {
        healthy(p);
        const session = p
          .session('m', 'bob')
          .login('app-1', { cookies: [cookie('z'), cookie('old')] })
          .read('app-2');
        const call = p.now;
        session.read('app-2', [], { call: call - 10, return: call + 700, cookies: cookies as never });
        session
          .logout('app-1', { call, return: call + 100 })
          .refuses('old', 'app-1')
          .ended();
        const plain = p.session('n', 'carol').login('app-2').read('app-1');
        const then = p.now;
        plain.read('app-2', [], { call: then - 10, return: then + 700, cookies: cookies as never });
        plain.logout('app-1', { call: then, return: then + 100 }).ended();
      });
      return /; (\d) late response/.exec(finding)?.[1] ?? '0';
    };
    expect([again(cookie('old')), again(cookie('new')), again(cookie(undefined))]).toEqual(['1', '0', '0']);
    expect(again({ ...cookie('old'), change: 'deleted' })).toBe('0');
  });

  it('shows the request that made a session live again, and one that may have', () => {
    const story = (draw: (session: SessionPicture, p: Picture) => void) =>
      stories(
        judged(p => {
          const session = p.session('r', 'bob').login('app-1').read('app-2').read('app-1');
          const call = p.now;
          session.write('slow', 'app-2', { call: call - 10, return: call + 5000 });
          session.logout('app-1', { call, return: call + 100 });
          draw(session, p);
        }),
      );
    const here = story((s, p) => {
      p.wait(10_000);
      s.refuses('old', 'app-2')
        .refuses('old', 'app-1')
        .honours('old', 'app-1')
        .honours('old', 'app-2')
        .ended();
    });
    expect(here).toMatchInlineSnapshot(`
      "RISEN logout-final r bob: after the logout the session was dead, and app-1 honours it again
        #4 add slow on app-2: in flight during the logout
        #5 logout on app-1: acknowledged
        #7 read on app-1 fail: refused: the session is dead
        #8 read on app-1: expected refused; came signed in as bob
        (the cookie from before the logout: app-1 honoured it 1 of 2 times, app-2 honoured it 1 of 2 times)"
    `);
    const elsewhere = story((s, p) => {
      p.wait(10_000);
      s.refuses('old', 'app-2')
        .honours('old', 'app-1', { instance: undefined })
        .refuses('old', 'app-3')
        .ended();
    });
    expect(elsewhere).toMatchInlineSnapshot(`
      "ZOMBIE logout-final r bob: the app still honours the cookie after the logout
        #5 logout on app-1: acknowledged
        #7 read: expected refused; came signed in as bob
        (a request of the session was in flight during the logout: it may have written the session back)
        (the cookie from before the logout: the app honoured it 1 of 1 times, app-2 honoured it 0 of 1 times, app-3 honoured it 0 of 1 times)"
    `);
    const always = story((s, p) => {
      p.wait(10_000);
      s.honours('old', 'app-1').ended();
      for (const id of ['x', 'y'])
        p.session(id, 'eve').login('app-1').read('app-2').logout('app-1').honours('old', 'app-1').ended();
    });
    expect(always).toContain('It is not the cause: after 2 logouts without a request in flight');
    expect(always).not.toContain('may have written');
  });
});
