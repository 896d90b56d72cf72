import { describe, expect, it } from 'vitest';
import type { ObjectKind } from './history.ts';
import { Picture, type SessionPicture } from './testing/picture.ts';

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

  it('is ordered by its one writer', () => {
    expect(register(good)).toEqual(['valid', 'valid']);
    expect(register(s => good(s).change('set', 'b', 'app-1').read('app-2', ['a']))).toEqual([
      'violated',
      'valid',
    ]);
    expect(register(s => good(s).read('app-1', ['0']))).toEqual(['violated', 'violated']);
  });

  it('is not ordered by two writers, unless the server gives versions', () => {
    const two = (versions: boolean) =>
      register((s, p) => {
        const version = (n: number) => (versions ? { version: n } : {});
        s.change('set', 'a', 'app-1', version(1));
        const other = p.session('s2', 'alice');
        other.change('set', 'b', 'app-2', version(2));
        for (const event of p.events.slice(-2)) if (event.type === 'start') event.object = 'basket@s1';
        for (let i = 0; i < 24; i++) s.read(`app-${(i % 2) + 1}`, ['b'], version(2));
        s.read('app-1', ['a'], version(1));
      });
    expect(two(false)).toEqual(['unknown', 'unknown']);
    expect(two(true)).toEqual(['valid', 'violated']);
  });

  it('owes nothing to a write that may have happened', () => {
    const unsure = { outcome: 'info' as const };
    expect(
      register(s => good(s).change('set', 'b', 'app-1', unsure).hops(2, ['a']).hops(2, ['b']).hops(2, ['a'])),
    ).toEqual(['valid', 'valid']);
  });
});

describe('a counter', () => {
  const counter = (draw: (session: SessionPicture) => void) =>
    judged('counter', ['5'], s => {
      s.change('increment', '2', 'app-1').hops(22, ['7']);
      draw(s);
    });

  it('never shows less than was counted, or shown', () => {
    expect(counter(() => {})).toEqual(['valid', 'valid']);
    expect(counter(s => s.change('increment', '1', 'app-1').read('app-2', ['7']))).toEqual([
      'violated',
      'valid',
    ]);
    expect(counter(s => s.read('app-2', ['9']).read('app-1', ['8']))).toEqual(['valid', 'violated']);
  });

  it('that also falls is not ordered', () => {
    expect(counter(s => s.change('increment', '-3', 'app-1').read('app-2', ['4']))).toEqual([
      'valid',
      'valid',
    ]);
  });
});

describe('a set', () => {
  const set = (draw: (session: SessionPicture, picture: Picture) => void, more = {}) => {
    const picture = new Picture();
    picture.add({ type: 'object', object: 'basket@s1', kind: 'set', ...more });
    draw(picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(22, ['a']), picture);
    return [picture.verdict('read-your-writes').judgement, picture.verdict('monotonic-reads').judgement];
  };

  it('that is cleared may be empty, and must be of what was there before', () => {
    expect(set(s => s.change('clear', '', 'app-1').hops(4, []))).toEqual(['valid', 'valid']);
    expect(set(s => s.change('clear', '', 'app-1').read('app-2', ['a']))).toEqual(['violated', 'valid']);
    const refused = { outcome: 'fail' as const, status: 409 };
    expect(set(s => s.change('clear', '', 'app-1', refused).read('app-2', []))).toEqual([
      'violated',
      'violated',
    ]);
  });

  it('that the app caps may drop what is too much', () => {
    const full = (s: SessionPicture) => s.write('b', 'app-1').read('app-2', ['b']);
    expect(set(full)).toEqual(['violated', 'violated']);
    expect(set(full, { cap: 1 })).toEqual(['valid', 'valid']);
  });
});
