import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('forgery');
};

const changes = ['flip', 'cut', 'empty', 'splice'];
const healthy = (p: Picture) => {
  const session = p.session('s', 'alice').login('app-1').read('app-2');
  for (let i = 0; i < 12; i++) {
    session.refuses('forged', i % 2 === 0 ? 'app-1' : 'app-2', { change: changes[i % 4] ?? 'flip' });
  }
  return session.read('app-1');
};

describe('forgery', () => {
  it('is unknown for an empty history, with few forgeries, one way of changing, or one instance', () => {
    expect(judged(() => {}).why).toContain('0 changed cookies');
    const alone = (instances: string[], ways: string[]) =>
      judged(p => {
        const session = p.session('s', 'alice').login('app-1').read('app-2');
        for (let i = 0; i < 12; i++) {
          const instance = instances[i % instances.length] ?? '';
          session.refuses('forged', instance, { change: ways[(i >> 1) % ways.length] ?? '' });
        }
      }).why;
    expect(alone(['app-1', 'app-2'], ['flip'])).toContain('in one way only');
    expect(alone(['app-1'], ['flip', 'cut'])).toContain('0 changed cookies on app-2');
  });

  it('is valid when every change is refused', () => {
    expect(judged(healthy)).toMatchObject({
      judgement: 'valid',
      rests: { 'forged cookies': 12, 'ways of changing': 4, instances: 2 },
    });
  });

  it('is violated by a changed cookie that is signed in, or breaks the app', () => {
    const accepted = judged(p => healthy(p).honours('forged', 'app-2', { change: 'flip' }));
    expect(accepted.anomalies[0]).toMatchObject({
      name: 'FORGED',
      summary: 'app-2 responded to a session cookie that was changed (flip): signed in as alice',
    });
    const broken = judged(p =>
      healthy(p).asks('app-2', { with: 'forged', change: 'cut', status: 500, outcome: 'fail' }),
    );
    expect(broken.anomalies[0]?.summary).toContain('500: the cookie breaks it');
  });

  it.each([429, 502, 503, 504, 522])('takes a %s as no evidence, however often it comes', status => {
    const few = judged(p => {
      const session = p.session('s', 'alice').login('app-1').read('app-2');
      for (let i = 0; i < 12; i++)
        session.asks(i % 2 ? 'app-1' : 'app-2', { with: 'forged', change: 'cut', status, outcome: 'fail' });
    });
    expect(few).toMatchObject({
      judgement: 'unknown',
      rests: { 'forged cookies': 0, 'ways of changing': 0 },
    });
    const one = judged(p =>
      healthy(p).asks('app-1', { with: 'forged', change: 'cut', status, outcome: 'fail' }),
    );
    expect(one).toMatchObject({ judgement: 'valid', rests: { 'forged cookies': 12 } });
  });

  it('does not blame a changed cookie for an error if unchanged cookies get errors as often', () => {
    const crashing = (unchanged: number, forged: number) =>
      judged(p => {
        const session = healthy(p);
        const crash = { status: 500, outcome: 'fail' } as const;
        for (let i = 0; i < 60; i++) session.asks('app-1', i < unchanged ? crash : {});
        for (let i = 0; i < forged; i++) session.asks('app-1', { with: 'forged', change: 'cut', ...crash });
      });
    expect(crashing(4, 2)).toMatchObject({ judgement: 'valid', rests: crashing(4, 0).rests });
    expect(crashing(0, 2)).toMatchObject({ judgement: 'violated', violations: 2 });
    expect(crashing(4, 30)).toMatchObject({ judgement: 'violated', violations: 30 });
  });

  it('accepts a refusal without "signed out", a timeout, and an error during a fault', () => {
    const verdict = judged(p => {
      const session = healthy(p)
        .asks('app-1', { with: 'forged', change: 'cut', status: 400, outcome: 'fail' })
        .asks('app-1', { with: 'forged', change: 'cut', outcome: 'fail', note: 'timeout' });
      p.disturb(1, 'kill');
      session.asks('app-1', { with: 'forged', change: 'cut', status: 500, outcome: 'fail' });
      p.heal(1);
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('takes a refusal of a lost or logged-out session as no evidence', () => {
    const verdict = judged(p => {
      const lost = p.session('l', 'alice').login('app-1').signedOut('app-2');
      const out = p.session('o', 'alice').login('app-1').read('app-2').logout('app-1');
      for (let i = 0; i < 10; i++) for (const s of [lost, out]) s.refuses('forged', 'app-1');
    });
    expect(verdict.rests).toMatchObject({ 'forged cookies': 0 });
    expect(verdict.why).toContain('10 are needed: continuity is broken in 1 session: restore it first');
  });

  it('says how much it rests on, and shows the login and the cookie that was accepted', () => {
    const few = (times: number) =>
      judged(p => {
        const session = p.session('s', 'alice').login('app-1').read('app-2');
        for (let i = 0; i < times; i++)
          session.refuses('forged', i % 2 ? 'app-1' : 'app-2', { change: i % 3 ? 'cut' : 'flip' });
      });
    expect(verdictText(few(9))).toMatchInlineSnapshot(`
      "unknown
      why: 9 changed cookies of live sessions sent, 10 are needed: run the workload \`audit\` to its end
      rests on forged cookies 9, ways of changing 2, instances 2"
    `);
    expect(verdictText(few(10))).toMatchInlineSnapshot(`
      "valid
      at most 26 % of changed cookies are accepted
      rests on forged cookies 10, ways of changing 2, instances 2"
    `);
    const broken = judged(p => {
      const session = healthy(p).honours('forged', 'app-2', { change: 'flip', sawUser: 'bob' });
      session.honours('forged', 'app-1', { status: 500, instance: undefined, sawUser: undefined });
      session.asks('app-1', { with: 'forged', change: 'long', status: 501, outcome: 'fail' });
      p.session('t', 'carol').honours('forged', 'app-2', { change: 'cut' });
    });
    expect(verdictText(broken)).toMatchInlineSnapshot(`
      "violated, 4
      4 changed cookies signed in, or got a 5xx
      rests on forged cookies 15, ways of changing 6, instances 2
      FORGED forgery s alice: app-2 responded to a session cookie that was changed (flip): signed in as bob
        #1 login on app-1: logged in
        #16 read on app-2: expected signed out, or refused; came signed in as bob
      FORGED forgery s alice: the app responded to a session cookie that was changed: signed in as alice
        #1 login on app-1: logged in
        #17 read: expected signed out, or refused; came signed in as alice
      FORGED forgery t carol: app-2 responded to a session cookie that was changed (cut): signed in as carol
        #19 read on app-2: expected signed out, or refused; came signed in as carol
      FORGED forgery s alice: app-1 responded to a session cookie that was changed (long): 501: the cookie breaks it
        #1 login on app-1: logged in
        #18 read on app-1 fail: expected signed out, or refused; came 501: the cookie breaks it"
    `);
  });

  it('counts no request without a response, and no instance that served only other sessions', () => {
    const verdict = judged(p => {
      const session = healthy(p);
      for (let i = 0; i < 5; i++)
        session.asks('app-1', { with: 'forged', change: 'x', status: undefined, outcome: 'info' });
      p.session('n', 'guest').read('app-3').asks('app-1', { with: 'forged', change: 'y', status: 400 });
    });
    expect(verdict.rests).toEqual({ 'forged cookies': 12, 'ways of changing': 5, instances: 2 });
    expect(verdict.judgement).toBe('valid');
    expect(stories(verdict)).toBe('');
  });
});
