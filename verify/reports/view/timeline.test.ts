import { describe, expect, it } from 'vitest';
import { Picture } from '../../core/testing/picture.ts';
import { Judge } from '../../core/timeline/judge.ts';
import { Data, failed, firstUntil, signedOut } from '../../ui/data.ts';
import type { Chunk } from './chunk.ts';
import { pack, signed, unpack, unsigned } from './columns.ts';
import { marksOf } from './marks.ts';
import { PlotCounts } from './plots.ts';
import { Timeline } from './timeline.ts';

function bytesOf({ chunk, bytes }: { chunk: Chunk; bytes: Uint8Array }): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(chunk));
  const all = new Uint8Array(4 + head.length + bytes.length);
  new DataView(all.buffer).setUint32(0, head.length, true);
  all.set(head, 4);
  all.set(bytes, 4 + head.length);
  return all;
}

/** @param operations number of requests that the timeline expects */
function drawn(picture: Picture, operations?: number): { data: Data; timeline: Timeline; chunk: Chunk } {
  const anomalies = marksOf(picture.result());
  const { run } = picture.run;
  const timeline = new Timeline({ run, anomalies, ...(operations === undefined ? {} : { operations }) });
  const judge = new Judge(picture.run, [timeline.check]);
  for (const event of picture.events) judge.step(event);
  judge.finish();
  const data = new Data(run);
  const taken = timeline.take();
  data.add(bytesOf(taken));
  return { data, timeline, chunk: taken.chunk };
}

const life = (event: 'born' | 'ended') =>
  ({ type: 'session', session: 's1', user: 'alice', event, clock: 'c0' }) as const;

function lost(): Picture {
  const picture = new Picture({ claims: ['continuity'] });
  const session = picture.session('s1', 'alice').login('app-1');
  picture.add({ ...life('born'), at: picture.now });
  session.write('v1', 'app-1').read('app-1', ['v1']);
  picture.disturb(1, 'restart', { where: 'app-2' }).wait(1000);
  session.signedOut('app-2', { note: '303 to /login', path: '/dashboard' });
  picture.heal(1, { did: 'app-2 restarted' });
  picture.add({ ...life('ended'), at: picture.now, reason: 'lost' });
  return picture.finish();
}

describe('columns', () => {
  it('returns the numbers that were packed', () => {
    const columns = [
      [0, 0, 0],
      [1, 255, 256],
      [2 ** 40, 7, 2 ** 32 + 1],
    ];
    const { widths, bytes } = pack(columns);
    expect(widths).toEqual([0, 2, 6]);
    expect(unpack(bytes, widths, 3).map(column => [...column])).toEqual(columns);
    for (const value of [0, 1, -1, 1e9, -1e9]) expect(signed(unsigned(value))).toBe(value);
  });
});

describe('timeline', () => {
  it('keeps the facts of each request, and the values of a session with an anomaly', () => {
    const picture = lost();
    const { data } = drawn(picture);
    const recorded = picture.events.filter(event => event.type === 'op' || event.type === 'start');
    expect(data.count).toBe(recorded.length);
    expect([...data.requests.keys()]).toEqual(recorded.map(({ request }) => request));
    const [session] = data.sessions;
    expect(session).toMatchObject({ name: 's1', user: 'alice' });
    const last = session?.ops.findLast(op => op.instance === 'app-2');
    expect(last).toMatchObject({ path: '/dashboard', note: '303 to /login', status: 303, action: 'read' });
    expect(last !== undefined && signedOut(last)).toBe(true);
    expect(session?.ops.some(failed)).toBe(false);
    expect(session?.ops.map(op => op.detail)).toContain('saw v1');
    for (const [i, event] of recorded.entries())
      expect(Math.abs((session?.ops[i]?.call ?? 0) - event.call)).toBeLessThan(10);
    expect(data.faults).toMatchObject([{ title: 'restart of app-2', did: 'app-2 restarted' }]);
  });

  it('marks the request that broke the guarantee, with what was expected', () => {
    const [mark] = marksOf(lost().result());
    expect(mark).toMatchObject({ id: 'continuity-1', name: 'LOSS', session: 's1', sessions: ['s1'] });
    expect(mark?.expected).toBe('signed in as alice');
    expect(drawn(lost()).data.requests.get(mark?.request ?? '')?.instance).toBe('app-2');
  });

  it('shows of a long run the sessions with an anomaly, and the time around anomalies and faults', () => {
    const picture = lost();
    picture.wait(60_000_000);
    picture.session('s2', 'bob').login('app-1').hops(20).ended();
    const { data, chunk } = drawn(picture, 1_000_000);
    expect(data.sessions.map(({ name }) => name)).toEqual(['s1']);
    expect(chunk.left).toBe(21);
    const shown = chunk.plots.requests.flat().reduce((sum, count) => sum + count, 0);
    expect(shown).toBe(data.count + 21);
  });

  it('gives overlapping requests lines of their own, and finds all that last until a time', () => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice').login('app-1');
    const call = picture.now + 1000;
    session
      .read('app-1', [], { call, return: call + 9000 })
      .read('app-2', [], { call: call + 1000, return: call + 2000 })
      .read('app-2', [], { call: call + 3000, return: call + 4000 })
      .ended();
    const ops = drawn(picture.finish()).data.sessions[0]?.ops ?? [];
    expect(ops.map(({ line }) => line)).toEqual([0, 0, 1, 1]);
    expect([0, call + 500, call + 5000, call + 20_000].map(time => firstUntil(ops, time))).toEqual([
      0, 1, 1, 4,
    ]);
  });

  it('continues its names and numbers in the next chunk', () => {
    const picture = new Picture();
    picture.session('s1', 'alice').login('app-1').hops(4);
    picture.session('s2', 'bob').login('app-2').hops(4).ended();
    const timeline = new Timeline({ run: 'test', anomalies: [] });
    const judge = new Judge(picture.run, [timeline.check]);
    const data = new Data('test');
    for (const event of picture.events) {
      judge.step(event);
      data.add(bytesOf(timeline.take()));
    }
    judge.finish();
    expect(data.sessions.map(({ ops }) => ops.length)).toEqual([5, 5]);
    const whole = drawn(picture).data;
    expect([...data.requests]).toEqual(
      [...whole.requests].map(([id, op]) => [
        id,
        { ...op, session: data.sessions.find(({ name }) => name === op.session.name) },
      ]),
    );
  });
});

describe('plots', () => {
  it('double the intervals of a long run, and keep the sums', () => {
    const plots = new PlotCounts();
    for (let i = 0; i < 1000; i++) plots.session(i % 2 === 0 ? 'born' : 'ended', i * 1_000_000);
    const { width, born, ended } = plots.take();
    expect(born.length).toBeLessThanOrEqual(160);
    expect(born.length * width).toBeGreaterThanOrEqual(999_000_000);
    expect([born, ended].map(all => all.reduce((sum, count) => sum + count, 0))).toEqual([500, 500]);
  });

  it('count losses, errors, and response times before, during and after a fault', () => {
    const { plots } = drawn(lost()).chunk;
    expect(plots.lost.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(plots.latency.map(({ part, instance }) => [part, instance])).toEqual([['', 'app-1']]);
    expect(plots.latency[0]?.p50).toBeGreaterThan(0);
  });
});
