import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('rotation');
};

const healthy = (p: Picture) => {
  for (let i = 1; i <= 3; i++) {
    p.session(`s${i}`, 'alice')
      .form('app-1')
      .login('app-1')
      .refuses('before-login', 'app-2')
      .read('app-1')
      .ended();
    const invented = p.session(`i${i}`, 'bob').form('app-1', { with: 'invented' });
    invented.login('app-1').refuses('invented', 'app-2').read('app-1').ended();
  }
};

describe('rotation', () => {
  it('is unknown of an empty history, and with one kind of replay only', () => {
    expect(judged(() => {}).why).toContain('0 live sessions');
    const only = judged(p => {
      for (let i = 1; i <= 9; i++)
        p.session(`s${i}`, 'alice').login('app-1').refuses('before-login', 'app-2');
    });
    expect(only.why).toContain('an invented id was sent before the login of 0 sessions');
  });

  it('is valid when neither is signed in', () => {
    expect(judged(healthy)).toMatchObject({ judgement: 'valid', rests: { replays: 6 } });
  });

  it('is violated by cookies from before the login that are signed in by it, once a session', () => {
    const verdict = judged(p => {
      healthy(p);
      const session = p.session('f', 'bob').form('app-1').login('app-1');
      session.honours('before-login', 'app-2').honours('before-login', 'app-1');
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(verdict.anomalies[0]).toMatchObject({ name: 'FIXED', session: 'f' });
    expect(verdict.anomalies[0]?.witness.map(step => step.came)).toEqual(['logged in', 'signed in as bob']);
  });

  it('is violated by an invented id that the login adopts, also when the login itself carried it', () => {
    const adopted = judged(p => p.session('i', 'bob').login('app-1').honours('invented', 'app-2'));
    expect(adopted.anomalies[0]?.summary).toContain('an id that the client had invented');
    const carried = judged(p =>
      p.session('i', 'bob').login('app-1', { with: 'invented' }).honours('invented', 'app-2'),
    );
    expect(carried.judgement).toBe('violated');
  });

  it('says nothing of a login that nobody acknowledged, nor of what overlaps it', () => {
    const info = judged(p =>
      p.session('s', 'bob').login('app-1', { outcome: 'info', status: 504 }).honours('before-login', 'app-2'),
    );
    expect(info.judgement).toBe('unknown');
    const overlap = judged(p =>
      p.session('s', 'bob').login('app-1', { return: 900 }).honours('before-login', 'app-2', { call: 800 }),
    );
    expect(overlap.judgement).toBe('unknown');
  });

  it('takes no refusal of a dead session for evidence, and no error or 429 for an answer', () => {
    const verdict = judged(p => {
      for (let i = 1; i <= 9; i++) {
        p.session(`d${i}`, 'bob').login('app-1').logout('app-1').refuses('before-login', 'app-2');
        p.session(`e${i}`, 'bob')
          .login('app-1')
          .asks('app-2', { with: 'before-login', status: 429, outcome: 'fail' });
      }
    });
    expect(verdict).toMatchObject({ judgement: 'unknown', rests: { replays: 0 } });
  });

  it('does not compare values: cookies that stay as they are or change at each response prove nothing', () => {
    const set = (label: string) => ({ cookies: [{ name: 'sid', change: 'set' as const, label }] });
    const verdict = judged(p => {
      healthy(p);
      p.session('c', 'bob')
        .form('app-1', set('same'))
        .login('app-1', set('same'))
        .read('app-2', [], set('other'));
    });
    expect(verdict.judgement).toBe('valid');
  });
});
