import { describe, expect, it } from 'vitest';
import { Picture } from '../core/testing/picture.ts';
import { brokenWithout, stickyText } from './sticky.ts';

/**
 * Returns the history of a session that moves from app-1 to app-2.
 *
 * @param honours if true, app-2 knows the session
 */
function run(mode: string, hops: boolean, honours = true) {
  const picture = new Picture({ routing: hops ? 'spread' : 'sticky' });
  const session = picture.session('s1', 'alice').login('app-1');
  for (let i = 0; i < 120; i++) {
    const instance = hops && i % 2 === 1 ? 'app-2' : 'app-1';
    if (instance === 'app-2' && !honours) session.read(instance, [], { signedIn: 'out', outcome: 'fail' });
    else session.read(instance, []);
  }
  return { mode, result: picture.result() };
}

describe('the sticky report', () => {
  it('names the guarantees that hold only with stickiness', () => {
    const runs = [run('on', false), run('off', true, false)];
    expect(brokenWithout(runs)).toEqual(['continuity']);
    expect(stickyText(runs)).toContain(
      'Stickiness cannot be turned off: without it, continuity would break.',
    );
  });

  it('says that stickiness can be turned off if nothing is violated without it', () => {
    expect(stickyText([run('on', false), run('off', true)])).toContain('Stickiness can be turned off');
  });

  it('says that evidence is insufficient if no session changed its instance', () => {
    expect(stickyText([run('on', false), run('off', false)])).toContain('Insufficient evidence');
    expect(stickyText([run('on', false)])).toContain('stopped before anything could be compared');
  });
});
