/** Tests the probes of target files, which read and write the data of an app. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../verify/errors.ts';
import {
  Capped,
  Counts,
  KeepsNewest,
  KeepsNotes,
  LosesNotes,
  Motto,
  NotesInCookie,
  ShortTexts,
  Shouts,
  ShowsNotesLate,
} from './data.ts';
import type { How } from './serve.ts';
import type { SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const [NOTES] = USUAL.probes;
/** Chooses the instances in an irregular order. If they took turns, a client could always reach the same instance. */
const MIXED: How = { balance: (_, n) => ({ instance: Math.imul(n + 1, 0x9e3779b1) < 0 ? 'one' : 'two' }) };
const SESSION = ['read-your-writes', 'monotonic-reads'];
const ALL = [...SESSION, 'isolation', 'no-lost-updates', 'linearizability'];
const LOAD = ['hop', 'burst', 'interleave'];

const run = (
  app: SmallApp,
  probe: object,
  claims: readonly string[],
  workloads = LOAD,
  how: How = MIXED,
): Promise<Judged> =>
  withApp(
    app,
    ({ url }) =>
      judged({ ...USUAL, url, claims, probes: [{ ...NOTES, ...probe }] }, { workloads, duration: 2_500 }),
    how,
  );

it('an object that held values before the run, and that another run writes to, is judged by the values of this run', async () => {
  const app = new KeepsNotes('user', ['old-1', 'old-2', 'old-3']);
  const healthy = await run(app, { scope: 'user', kind: 'list' }, [
    'linearizability',
    'isolation',
    'no-lost-updates',
  ]);
  expect(those(healthy, 'violated')).toEqual([]);
  expect(healthy.claimed['isolation']).toBe('valid');
});

it('some writes of a user with several sessions overlap no other request of the user, however slow the app is', async () => {
  const slow = { ...MIXED, slow: 60 };
  const probe = { scope: 'user', kind: 'bag' };
  const { claimed, events } = await run(new KeepsNotes('user'), probe, SESSION, ['hop'], slow);
  const ends = new Map(events.flatMap(event => (event.type === 'end' ? [[event.id, event.return]] : [])));
  const spans = events.flatMap(event =>
    event.type === 'op' || event.type === 'start'
      ? [{ ...event, end: (event.type === 'op' ? event.return : ends.get(event.id)) ?? Infinity }]
      : [],
  );
  const alone = spans.filter(
    one =>
      one.action === 'add' &&
      /^s\d+$/.test(one.session) &&
      spans.every(
        other => other === one || other.user !== one.user || other.end < one.call || one.end < other.call,
      ),
  );
  expect(alone.length).toBeGreaterThan(10);
  expect(claimed).toEqual({ 'read-your-writes': 'valid', 'monotonic-reads': 'valid' });
});

it('data that all users share are one object, and give no evidence about private data', async () => {
  const app = new KeepsNotes('all');
  const healthy = await run(app, { scope: 'all' }, ALL, ['hop', 'interleave']);
  expect(those(healthy, 'violated')).toEqual([]);
  // All users share the notes, so only the user names on the pages are evidence for isolation.
  expect(healthy.claimed['isolation']).toBe('valid');
  const wrong = await run(new KeepsNotes('all'), { scope: 'session' }, ['isolation'], ['hop', 'interleave']);
  expect(those(wrong, 'violated')).toEqual(['isolation']);
});

describe('a register', () => {
  const motto = {
    kind: 'register',
    add: undefined,
    set: NOTES?.add,
    read: { path: '/notes', items: 'id="motto">([^<]+)' },
  };

  it('decides isolation and the guarantees of sessions', async () => {
    const healthy = await run(new Motto(), motto, [...SESSION, 'isolation', 'linearizability']);
    expect(those(healthy, 'valid').sort()).toEqual([...SESSION, 'isolation', 'linearizability'].sort());
  });

  it('is STALE and BACK if one instance shows no value', async () => {
    const app = new Motto();
    app.forgets = 'two';
    expect(those(await run(app, motto, SESSION), 'violated')).toEqual(SESSION);
  });
});

it('a counter that does not begin at 0 decides all guarantees of counters', async () => {
  const count = {
    kind: 'counter',
    add: undefined,
    increment: NOTES?.add,
    read: { path: '/notes', items: 'id="count">(\\d+)' },
  };
  const claims = [...SESSION, 'at-most-once', 'no-lost-updates', 'linearizability'];
  const healthy = await run(new Counts(), count, claims);
  expect(those(healthy, 'violated')).toEqual([]);
  expect(those(healthy, 'valid')).toEqual(expect.arrayContaining([...SESSION, 'at-most-once']));
});

it('a list that refuses adds at its cap is judged, and found broken if an instance shows it empty', async () => {
  const healthy = await run(new Capped(3), { cap: 3 }, SESSION, ['hop']);
  expect(those(healthy, 'valid')).toEqual(SESSION);
  const broken = new Capped(3);
  broken.blanks = 'two';
  expect(those(await run(broken, { cap: 3 }, SESSION, ['hop']), 'violated')).toEqual(SESSION);
});

it('a list that silently keeps only the newest values is not accused, and `cap` is suggested', async () => {
  const healthy = await run(new KeepsNewest(), {}, SESSION, ['hop']);
  expect(those(healthy, 'violated')).toEqual([]);
  expect(healthy.remarks.join('\n')).toMatch(/reads? of "notes" showed 10 values.* `cap: 10`/);
});

describe('the audit', () => {
  it('sends no text that is too long for the app', async () => {
    const app = new ShortTexts();
    const healthy = await withApp(app, async ({ url, asked }) => {
      const verdict = await judged({ ...USUAL, url, claims: SESSION }, { workloads: ['hop', 'audit'] });
      const recorded = asked.filter(
        ({ path, method, headers }) => method === 'POST' && path === '/notes' && headers['x-request-id'],
      );
      expect(Math.max(...recorded.map(({ form }) => form['text']?.length ?? 0))).toBeLessThanOrEqual(
        app.longest,
      );
      return verdict;
    });
    expect(those(healthy, 'violated')).toEqual([]);
  });

  it('grows a session by shorter texts if the app refuses a long text with status 413', async () => {
    const app = new ShortTexts();
    app.refusal = { status: 413, body: 'Payload Too Large' };
    await withApp(app, async ({ url, asked }) => {
      const { remarks } = await judged({ ...USUAL, url, claims: SESSION }, { workloads: ['hop', 'audit'] });
      expect(remarks.join('\n')).not.toContain('a session can hold no more');
      const lengths = asked.flatMap(({ path, form }) =>
        path === '/notes' && form['text'] !== undefined ? [form['text'].length] : [],
      );
      expect(lengths.filter(length => length === 100).length).toBeGreaterThan(100);
    });
  });

  it('does not search for the maximum length if the probe names it', async () => {
    const app = new ShortTexts();
    await withApp(app, async ({ url, asked }) => {
      const probes = [{ ...NOTES, longest: 90 }];
      await judged({ ...USUAL, url, claims: SESSION, probes }, { workloads: ['hop', 'audit'] });
      const lengths = asked.flatMap(({ path, method, form }) =>
        method === 'POST' && path === '/notes' ? [form['text']?.length ?? 0] : [],
      );
      expect(Math.max(...lengths)).toBe(90);
    });
  });

  it('grows no session beyond the limit of the balancer, reports the limit, and sees no violation in it', async () => {
    const app = new NotesInCookie();
    // After a response with a too large header, the balancer avoids the instance for some time.
    let out = 0;
    const how: How = {
      balance: (_, n) => {
        if (app.refused > 0 && out === 0) out = n + 12;
        return { instance: n < out || n % 2 === 0 ? 'one' : 'two' };
      },
    };
    const claims = ['routing', 'availability', 'continuity', ...SESSION];
    const judgedApp = await run(app, {}, claims, ['hop', 'audit'], how);
    expect(those(judgedApp, 'violated')).toEqual([]);
    expect(judgedApp.remarks.join('\n')).toMatch(/a session can hold no more than \d+ characters: .*502/);
    expect(app.refused).toBe(1);
  });

  it('measures how much a session can hold, so that the short texts of the workload hop do not overfill it', async () => {
    const app = new NotesInCookie();
    app.largest = 1_200;
    const claims = ['availability', 'continuity', ...SESSION];
    const healthy = await run(app, {}, claims, ['hop', 'audit']);
    expect(those(healthy, 'violated')).toEqual([]);
    expect(app.refused).toBe(1);
  });
});

describe('an expression that finds no value', () => {
  it('is accepted if a later page shows the value: the earlier reads are stale', async () => {
    const late = await run(new ShowsNotesLate(), {}, SESSION, ['hop']);
    expect(those(late, 'violated')).toContain('read-your-writes');
  });

  it('is refused, and the error quotes the page where it shows the value in another form, without the form token', async () => {
    const refusal = await run(new Shouts(), {}, SESSION, ['hop']).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    const { message } = refusal as UsageError;
    expect(message).toMatch(
      /^probes \(notes\): expected read.items to find "b\w{6}\.[^"]+", which had just been written, in \/notes/,
    );
    expect(message).toMatch(/B\w{6}\.ALICE\./);
    expect(message).not.toMatch(/[0-9a-f]{32}/);
  });

  it('is accepted if an instance loses writes or shows old lists: the guarantees are judged', async () => {
    expect(those(await run(new LosesNotes(), {}, SESSION, ['hop']), 'violated')).toContain(
      'read-your-writes',
    );
  });
});
