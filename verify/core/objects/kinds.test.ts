import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../history/history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';

const judged = (
  kind: ObjectKind,
  initial: string[],
  draw: (session: SessionPicture, picture: Picture) => void,
) => {
  const picture = new Picture();
  picture.add({ type: 'object', object: 'basket@s1', kind, initial });
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  return [picture.verdict('read-your-writes').judgement, picture.verdict('monotonic-reads').judgement];
};

const good = (session: SessionPicture) => session.change('set', 'a', 'app-1').hops(22, ['a']);

describe('a register', () => {
  const register = (draw: (session: SessionPicture, picture: Picture) => void) =>
    judged('register', ['0'], draw);

  it('is ordered by its only writer', () => {
    expect(register(good)).toEqual(['valid', 'valid']);
    expect(register(s => good(s).change('set', 'b', 'app-1').read('app-2', ['a']))).toEqual([
      'violated',
      'valid',
    ]);
    expect(register(s => good(s).read('app-1', ['0']))).toEqual(['violated', 'violated']);
  });

  it('with two writers is ordered only by versions of the server, or by a replacement that a session saw', () => {
    const two = (versions: boolean, first?: string[]) =>
      register((s, p) => {
        const version = (n: number) => (versions ? { version: n } : {});
        s.change('set', 'a', 'app-1', version(1));
        if (first !== undefined) s.read('app-1', first, version(1));
        const other = p.session('s2', 'alice');
        other.change('set', 'b', 'app-2', version(2));
        for (const event of p.events) if (event.type === 'start') event.object = 'basket@s1';
        for (let i = 0; i < 24; i++) s.read(`app-${(i % 2) + 1}`, ['b'], version(2));
        s.read('app-1', ['a'], version(1));
      });
    expect(two(false)).toEqual(['unknown', 'valid']);
    expect(two(true)).toEqual(['valid', 'violated']);
    expect(two(false, ['a'])).toEqual(['unknown', 'violated']);
  });

  it('need not show a write that may have happened, and never shows a replaced value again', () => {
    const unsure = { outcome: 'info' as const };
    const set = (s: SessionPicture) => good(s).change('set', 'b', 'app-1', unsure);
    expect(register(s => set(s).hops(2, ['a']).hops(2, ['b']))).toEqual(['valid', 'valid']);
    expect(register(s => set(s).hops(2, ['b']).hops(2, ['a']))).toEqual(['valid', 'violated']);
  });

  it('without a value after an acknowledged write is STALE, and BACK after a read that showed the value', () => {
    expect(register(s => good(s).change('set', 'b', 'app-1').read('app-2', []))).toEqual([
      'violated',
      'violated',
    ]);
    expect(register(s => good(s).change('clear', '', 'app-1').hops(4, []))).toEqual(['valid', 'valid']);
    expect(register(s => good(s).change('clear', '', 'app-1').read('app-2', ['a']))).toEqual([
      'violated',
      'valid',
    ]);
  });

  it('may show the value of an info write after a later acknowledged write', () => {
    const unsure = { outcome: 'info' as const, status: 504 };
    const late = (s: SessionPicture) =>
      good(s)
        .change('set', 'late', 'app-1', unsure)
        .change('set', 'b', 'app-1')
        .hops(2, ['b'])
        .hops(4, ['late']);
    expect(register(late)).toEqual(['valid', 'valid']);
    expect(register(s => late(s).change('set', 'c', 'app-1').read('app-2', ['late']))).toEqual([
      'violated',
      'valid',
    ]);
  });
});

describe('a counter', () => {
  const counter = (draw: (session: SessionPicture, picture: Picture) => void) =>
    judged('counter', ['5'], (s, p) => {
      s.change('increment', '2', 'app-1').hops(22, ['7']);
      draw(s, p);
      p.inTime();
    });

  it('never shows less than was acknowledged or shown', () => {
    expect(counter(() => {})).toEqual(['valid', 'valid']);
    expect(counter(s => s.change('increment', '1', 'app-1').read('app-2', ['7']))).toEqual([
      'violated',
      'valid',
    ]);
    expect(counter(s => s.read('app-2', ['9']).read('app-1', ['8']))).toEqual(['valid', 'violated']);
  });

  it('must fall when it is set, cleared or decremented', () => {
    const fell = (action: 'set' | 'clear' | 'remove' | 'increment', value: string, count: string) =>
      counter(s => s.change(action, value, 'app-1').read('app-2', [count]));
    expect(fell('increment', '-3', '4')).toEqual(['valid', 'valid']);
    expect(fell('increment', '-3', '7')).toEqual(['violated', 'valid']);
    expect(fell('remove', '3', '4')).toEqual(['valid', 'valid']);
    expect(fell('set', '2', '2')).toEqual(['valid', 'valid']);
    expect(fell('set', '2', '7')).toEqual(['violated', 'valid']);
    expect(fell('clear', '', '0')).toEqual(['valid', 'valid']);
    expect(fell('clear', '', '7')).toEqual(['violated', 'valid']);
    expect(counter(s => s.change('clear', '', 'app-1').increment('app-1').read('app-2', ['0']))).toEqual([
      'violated',
      'valid',
    ]);
  });

  it('may lack one of two increments that overlapped, but not an increment after them', () => {
    const shown = (count: string) =>
      counter((s, p) => {
        const call = p.now;
        s.increment('app-1', { call, return: call + 500 });
        s.increment('app-2', { call: call + 100, return: call + 600 });
        s.increment('app-1').read('app-2', [count]);
      })[0];
    expect(['10', '9', '8', '7'].map(shown)).toEqual(['valid', 'valid', 'valid', 'violated']);
  });

  it('never shows less than many increments, of which only the last ones are kept', () => {
    const many = (outcome: 'ok' | 'info', ...counts: string[]) =>
      counter(s => {
        for (let i = 0; i < 70; i++) s.increment('app-1', { outcome });
        for (const count of counts) s.read('app-2', [count]);
      });
    expect(many('ok', '77')).toEqual(['valid', 'valid']);
    expect(many('ok', '76')[0]).toBe('violated');
    expect(many('info', '77', '8')).toEqual(['valid', 'valid']);
    expect(many('info', '77', '6')).toEqual(['violated', 'violated']);
  });

  it('changes by one if no number is given, and is 0 if none is shown', () => {
    expect(counter(s => s.increment('app-1').read('app-2', ['8']))).toEqual(['valid', 'valid']);
    expect(counter(s => s.increment('app-1').read('app-2', ['7']))).toEqual(['violated', 'valid']);
    expect(counter(s => s.read('app-2', []))).toEqual(['violated', 'violated']);
  });

  it('need not show a count while an info write may still take effect', () => {
    const unsure = { outcome: 'info' as const, status: 504 };
    const late = (action: 'set' | 'increment') =>
      counter(s =>
        s.change(action, '1', 'app-1', unsure).increment('app-1').read('app-2', ['8']).read('app-1', ['1']),
      );
    expect(late('set')).toEqual(['valid', 'valid']);
  });

  it('with an unknown initial value is followed from the first count that is read', () => {
    const picture = new Picture();
    picture.add({ type: 'object', object: 'basket@s1', kind: 'counter' });
    const s = picture.session('s1', 'alice').login('app-1').read('app-1', ['57']).increment('app-1');
    s.hops(22, ['58']);
    const judgement = (name: 'read-your-writes' | 'monotonic-reads' | 'at-most-once' | 'linearizability') =>
      picture.verdict(name).violations;
    expect([judgement('read-your-writes'), judgement('monotonic-reads')]).toEqual([0, 0]);
    expect([judgement('at-most-once'), judgement('linearizability')]).toEqual([0, 0]);
    expect(picture.verdict('read-your-writes').judgement).toBe('valid');
    s.read('app-1', ['57']);
    expect([judgement('read-your-writes'), judgement('monotonic-reads')]).toEqual([1, 1]);
    expect(judgement('linearizability')).toBe(1);
  });
});

describe('a set', () => {
  const set = (draw: (session: SessionPicture, picture: Picture) => void, more = {}) => {
    const picture = new Picture();
    picture.add({ type: 'object', object: 'basket@s1', kind: 'set', ...more });
    draw(picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(22, ['a']), picture);
    return [picture.verdict('read-your-writes').judgement, picture.verdict('monotonic-reads').judgement];
  };

  it('that was cleared may be empty, and must not show earlier values', () => {
    expect(set(s => s.change('clear', '', 'app-1').hops(4, []))).toEqual(['valid', 'valid']);
    expect(set(s => s.change('clear', '', 'app-1').read('app-2', ['a']))).toEqual(['violated', 'valid']);
    const refused = { outcome: 'fail' as const, status: 409 };
    expect(set(s => s.change('clear', '', 'app-1', refused).read('app-2', []))).toEqual([
      'violated',
      'violated',
    ]);
  });

  it('may be set to several values at once: it then has these and no others', () => {
    const setTo = (state: string[]) => (s: SessionPicture, p: Picture) => {
      s.change('set', '', 'app-1');
      for (const event of p.events.slice(-2))
        if (event.type === 'start') {
          delete event.value;
          event.state = state;
        }
      return s;
    };
    const shown = (state: string[], saw: string[]) =>
      set((s, p) => setTo(state)(s, p).read('app-2', saw).read('app-1', saw));
    expect(shown(['b', 'c'], ['b', 'c'])).toEqual(['valid', 'valid']);
    expect(shown(['b', 'c'], ['b'])).toEqual(['violated', 'valid']);
    expect(shown(['b', 'c'], ['a', 'b', 'c'])).toEqual(['violated', 'valid']);
    expect(shown(['a', 'b'], ['b'])).toEqual(['violated', 'violated']);
  });

  it('with a cap may drop values above it', () => {
    const full = (s: SessionPicture) => s.write('b', 'app-1').read('app-2', ['b']);
    expect(set(full)).toEqual(['violated', 'violated']);
    expect(set(full, { cap: 1 })).toEqual(['valid', 'valid']);
  });
});
