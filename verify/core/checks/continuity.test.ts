import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('continuity');
};

describe('continuity', () => {
  it('is unknown of an empty history', () => {
    expect(judged(() => {})).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('no login'),
    });
  });

  it('is valid when a session is honoured on every instance, and says what that rules out', () => {
    const verdict = judged(p => p.session('s1', 'alice').login('app-1').hops(30));
    expect(verdict).toMatchObject({ judgement: 'valid', rests: { requests: 30, handoffs: 30, sessions: 1 } });
    expect(verdict.finding).toBe('at most 9.5 % of handoffs lose the session');
  });

  it('is unknown without handoffs, however many requests passed', () => {
    const verdict = judged(p => {
      const session = p.session('s1', 'alice').login('app-1');
      for (let i = 0; i < 1000; i++) session.read('app-1');
    });
    expect(verdict).toMatchObject({ judgement: 'unknown', why: expect.stringContaining('0 handoffs') });
  });

  it('is violated by one request that is answered signed out, with login, last request and this one as witness', () => {
    const verdict = judged(p => p.session('s1', 'alice').login('app-1').read('app-1').signedOut('app-2'));
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    const [loss] = verdict.anomalies;
    expect(loss).toMatchObject({ name: 'LOSS', session: 's1', user: 'alice' });
    expect(loss?.summary).toBe('app-1 knew the session, app-2 did not, and nobody had logged out');
    expect(loss?.witness.map(step => [step.operation.action, step.operation.instance, step.came])).toEqual([
      ['login', 'app-1', 'logged in'],
      ['read', 'app-1', 'signed in'],
      ['read', 'app-2', 'signed out'],
    ]);
  });

  it('tells where the lost cookie is still honoured', () => {
    const verdict = judged(p =>
      p.session('s1', 'alice').login('app-1').signedOut('app-2').read('app-1').signedOut('app-2').ended(),
    );
    expect(verdict.anomalies[0]?.notes).toEqual([
      'the same cookie sent again afterwards: app-1 honoured it 1 of 1 times, app-2 honoured it 0 of 1 times',
    ]);
    expect(verdict.violations).toBe(1);
  });

  it('is violated by a response that takes the cookie away, and by one that names another user', () => {
    const deleted = { cookies: [{ name: 'sid', change: 'deleted' as const }] };
    const taken = judged(p => p.session('s1', 'alice').login('app-1').read('app-2', [], deleted));
    expect(taken.anomalies[0]?.summary).toContain('deleted the cookie sid');
    const swapped = judged(p =>
      p.session('s1', 'alice').login('app-1').read('app-2', [], { sawUser: 'bob' }),
    );
    expect(swapped.anomalies[0]?.summary).toContain('signed in as bob');
  });

  it('counts a cookie that an error took away', () => {
    const verdict = judged(p =>
      p
        .session('s1', 'alice')
        .login('app-1')
        .write('x', 'app-2', {
          outcome: 'info',
          status: 503,
          cookies: [{ name: 'sid', change: 'deleted' }],
        }),
    );
    expect(verdict.judgement).toBe('violated');
  });

  it('does not take an error, a refusal or a lost answer for a lost session', () => {
    const verdict = judged(p =>
      p
        .session('s1', 'alice')
        .login('app-1')
        .hops(20)
        .write('a', 'app-2', { outcome: 'info', status: 502 })
        .write('b', 'app-1', { outcome: 'fail', status: 429 })
        .write('c', 'app-2', { outcome: 'info' })
        .hops(2),
    );
    expect(verdict.judgement).toBe('valid');
  });

  it('does not judge what overlaps the logout, nor what follows it', () => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice').login('app-1').hops(20);
    const call = picture.now;
    session.logout('app-1');
    session.read('app-2', [], { signedIn: 'out', outcome: 'fail', call: call - 100, return: call + 100 });
    session.signedOut('app-2');
    expect(picture.verdict('continuity').judgement).toBe('valid');
  });

  it('is violated when a form of one instance is refused by another, and not by a wrong password', () => {
    const pairs = judged(p => {
      p.session('s1', 'alice').form('app-1').refusedLogin('app-2');
      p.session('s2', 'alice').form('app-1').login('app-1').hops(20);
    });
    expect(pairs).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(pairs.anomalies[0]?.summary).toContain('form from app-1, posted to app-2');
    const wrong = judged(p => p.session('s1', 'alice').form('app-1').refusedLogin('app-2'));
    expect(wrong.judgement).toBe('unknown');
  });
});
