import { describe, expect, it } from 'vitest';
import type { Run } from '../history.ts';
import { Picture } from '../testing/picture.ts';

/** One session per row; a row names the instance of each request by its last character. */
const routes = (rows: string[], run: Partial<Run> = {}) => {
  const picture = new Picture(run);
  rows.forEach((row, i) => {
    const session = picture.session(`s${i + 1}`, 'alice').login(`app-${row[0]}`);
    for (const instance of row) session.read(`app-${instance}`);
    session.ended();
  });
  return picture;
};

describe('routing, claimed spread', () => {
  it('is unknown of nothing, of one instance, and of few requests', () => {
    expect(new Picture().verdict('routing').judgement).toBe('unknown');
    expect(routes(['1'.repeat(500)]).verdict('routing').why).toContain('every response came from app-1');
    expect(routes(['1212']).verdict('routing').judgement).toBe('unknown');
  });

  it('is valid for a fair spread, in turn or by chance', () => {
    expect(routes(['12'.repeat(100), '21'.repeat(100)]).verdict('routing').judgement).toBe('valid');
    expect(routes(['1121221212'.repeat(20)]).verdict('routing').judgement).toBe('valid');
  });

  it('is PINNED when an instance gets far less than its share', () => {
    const verdict = routes([`${'1'.repeat(7)}222`.repeat(40)]).verdict('routing');
    expect(verdict).toMatchObject({ judgement: 'violated', anomalies: [{ name: 'PINNED' }] });
    expect(verdict.anomalies[0]?.summary).toContain('where 50 % is fair');
  });

  it('is PINNED when each session stays on its instance, though the sum is fair', () => {
    const verdict = routes(['1'.repeat(60), '2'.repeat(60)]).verdict('routing');
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 2 });
    expect(verdict.anomalies[0]?.summary).toBe('all 60 requests of a session went to app-1');
  });

  it('does not count what a fault explains', () => {
    const picture = routes(['12'.repeat(100)]);
    picture.add({ type: 'fault', id: 1, name: 'kill', clock: 'c0', begin: picture.now });
    const session = picture.session('s9', 'bob').login('app-1');
    for (let i = 0; i < 200; i++) session.read('app-1');
    picture.add({ type: 'fault', id: 1, name: 'kill', clock: 'c0', begin: 0, end: picture.now });
    session.hops(50);
    expect(picture.verdict('routing').judgement).toBe('valid');
  });
});

describe('routing, claimed sticky', () => {
  const sticky = { routing: 'sticky' as const, logs: ['balancer'] };

  it('is valid when each session stays, unknown when nothing tells why one moved', () => {
    expect(routes(['1'.repeat(20), '2'.repeat(20)], sticky).verdict('routing').judgement).toBe('valid');
    expect(routes(['1'.repeat(20), '2122222222'], sticky).verdict('routing').why).toContain('no balancer');
  });

  it('is UNPINNED when the log shows that no other instance was tried first, valid when one was', () => {
    const moved = (tried: string[]) => {
      const picture = routes(['1'.repeat(20), '2'.repeat(20)], sticky);
      picture.session('s3', 'bob').login('app-1').read('app-1').read('app-2');
      picture.add({
        type: 'served',
        source: 'balancer',
        kind: 'balancer',
        request: `test-${picture.ids}`,
        instance: 'app-2',
        tried,
        status: 200,
      });
      return picture.verdict('routing');
    };
    expect(moved(['app-2'])).toMatchObject({ judgement: 'violated', anomalies: [{ name: 'UNPINNED' }] });
    expect(moved(['app-1', 'app-2']).judgement).toBe('valid');
  });
});
