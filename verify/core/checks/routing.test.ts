import { describe, expect, it } from 'vitest';
import { seeded } from '../../random.ts';
import type { Event, Run } from '../history/history.ts';
import { Picture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';
import { routing } from './routing.ts';

/**
 * Builds one session from each row. Each character of a row is the instance of one request: `2` is a request to app-2.
 */
const routes = (rows: string[], run: Partial<Run> = {}) => {
  const picture = new Picture(run);
  rows.forEach((row, i) => {
    const session = picture.session(`s${i + 1}`, 'alice').login(`app-${row[0]}`);
    for (const instance of row) session.read(`app-${instance}`);
    session.ended();
  });
  return picture;
};

/** Like `routes`, but the sessions run at the same time and send one request each in turn. */
const routesInTurn = (rows: string[]) => {
  const picture = new Picture();
  const sessions = rows.map((row, i) => picture.session(`s${i + 1}`, 'alice').login(`app-${row[0]}`));
  for (let n = 0; n < Math.max(...rows.map(row => row.length)); n++)
    for (const [i, row] of rows.entries()) if (row[n] !== undefined) sessions[i]?.read(`app-${row[n]}`);
  return picture;
};

/** Builds a session with the given number of requests to each instance, evenly distributed over the whole run. */
const shared = (requests: Record<string, number>) => {
  const picture = new Picture();
  const session = picture.session('s1', 'alice');
  const due = Object.entries(requests).flatMap(([instance, times]) =>
    Array.from({ length: times }, (_, n) => ({ instance, at: n / Math.max(1, times - 1) })),
  );
  for (const { instance } of due.sort((a, b) => a.at - b.at)) session.read(instance);
  return picture.verdict('routing');
};

describe('routing, claimed spread', () => {
  it('is unknown for an empty history, for one instance, and for few requests', () => {
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
    const verdict = routesInTurn(['1'.repeat(60), '2'.repeat(60)]).verdict('routing');
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 2 });
    expect(verdict.anomalies[0]?.summary).toBe('all 60 requests of a session went to app-1');
  });

  it('is unknown while each session stays on its instance for too few requests to rule out chance', () => {
    const short = Array.from({ length: 24 }, (_, i) => `${1 + (i % 2)}`.repeat(8));
    expect(routes(short).verdict('routing')).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('no session was served by two instances') as string,
    });
    expect(routes([...short, '12']).verdict('routing').judgement).toBe('valid');
  });

  it('does not count requests after a fault', () => {
    const picture = routes(['12'.repeat(100)]);
    picture.add({ type: 'fault', id: 1, name: 'kill', clock: 'c0', begin: picture.now });
    const session = picture.session('s9', 'bob').login('app-1');
    for (let i = 0; i < 200; i++) session.read('app-1');
    picture.add({ type: 'fault', id: 1, name: 'kill', clock: 'c0', begin: 0, end: picture.now });
    session.hops(50);
    expect(picture.verdict('routing').judgement).toBe('valid');
  });
});

describe('routing, of instances that come or go without a fault', () => {
  const COME_OR_GO = 'a part of the run has no response from';
  const rollout = (before: string, after: string) =>
    routes([...Array<string>(20).fill(before), ...Array<string>(20).fill(after)]).verdict('routing');

  it('is unknown, not PINNED, if the requests are spread over the instances that are present', () => {
    expect(rollout('123123123', '145145145')).toMatchObject({
      judgement: 'unknown',
      anomalies: [],
      why:
        `${COME_OR_GO} app-2, app-3, app-4, …: a deploy or the balancer may be the cause. Let Baton start the deploy ` +
        '(`--faults`), or set `instance.addresses`',
    });
    expect(rollout('121212', '123123')).toMatchObject({ judgement: 'unknown', anomalies: [] });
  });

  it('is unknown if a session stays on the only instance that is present', () => {
    const verdict = routes(['1'.repeat(200), '12'.repeat(100)]).verdict('routing');
    expect(verdict).toMatchObject({ judgement: 'unknown', anomalies: [] });
    // app-2 and app-3 get none of the first 19 of 140 requests. These 19 requests are too few to change the judged
    // shares.
    expect(routes(['1'.repeat(18), ...Array<string>(20).fill('123123')]).verdict('routing')).toMatchObject({
      judgement: 'valid',
      anomalies: [],
    });
  });

  it('is PINNED if an instance gets too few requests while it is present', () => {
    const verdict = rollout('12'.repeat(5), `${'12'.repeat(8)}13`);
    expect(verdict).toMatchObject({ judgement: 'violated' });
    expect(verdict.anomalies[0]?.summary).toMatchInlineSnapshot(
      `"app-1 served 53 %, where 40 % is fair; app-3 served 3.3 %, where 20 % is fair"`,
    );
    const pinned = routes(['12'.repeat(60), '1'.repeat(60), '13'.repeat(60), '3'.repeat(60), '13']);
    expect(pinned.verdict('routing').anomalies.map(({ summary }) => summary)).toEqual([
      'all 60 requests of a session went to app-3',
    ]);
  });

  it('is PINNED if direct requests show that an instance ran while it served nothing', () => {
    const picture = new Picture();
    picture.session('s1', 'bob').read('app-3', [], { direct: true });
    const session = picture.session('s2', 'alice').login('app-1');
    for (let i = 0; i < 100; i++) session.read('app-1').read('app-2');
    for (let i = 0; i < 60; i++) session.read('app-1').read('app-2').read('app-3');
    expect(picture.verdict('routing').anomalies[0]?.summary).toContain(
      'app-3 served 16 %, where 33 % is fair',
    );
  });
});

describe('routing, while a balancer ejects an instance that failed', () => {
  const failedOnce = (after: string) => {
    const picture = routes(['12'.repeat(100)]);
    const session = picture.session('s9', 'bob').login('app-1');
    const sentBefore = picture.now;
    session.read('app-2', [], { outcome: 'info', status: 502 });
    session.read('app-2', [], { call: sentBefore });
    for (const instance of after) session.read(`app-${instance}`);
    return picture.verdict('routing');
  };

  it('does not count the requests until it serves again', () => {
    expect(failedOnce(`${'1'.repeat(200)}${'21'.repeat(50)}`)).toMatchObject({ judgement: 'valid' });
    expect(failedOnce('1'.repeat(200))).toMatchObject({ judgement: 'valid' });
  });

  it('counts all after that', () => {
    expect(failedOnce(`2${'1'.repeat(200)}2`)).toMatchObject({ judgement: 'violated' });
    expect(failedOnce(`2${'1'.repeat(200)}`)).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('a part of the run has no response from app-2') as string,
    });
  });

  it('reports that too few requests are left', () => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice').login('app-1');
    for (let i = 0; i < 200; i++) session.read('app-1').read('app-2', [], { outcome: 'info', status: 502 });
    expect(picture.verdict('routing')).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('came while an instance was unavailable (502, 503, 504)') as string,
    });
  });
});

describe('routing, while a balancer ejects an instance after a failure that it hides', () => {
  /** Builds ten sessions that send one request each in turn. */
  const inTurn = (row: string, run: Partial<Run> = {}) => {
    const picture = new Picture(run);
    const sessions = Array.from({ length: 10 }, (_, i) => picture.session(`s${i}`, 'alice').login('app-1'));
    [...row].forEach((instance, n) => {
      sessions[n % 10]?.read(`app-${instance}`);
    });
    return picture.verdict('routing');
  };

  it('is unknown, not PINNED, if all sessions miss the instance for some time', () => {
    const halves = (gap: string) => `${'12'.repeat(55)}${gap}${'21'.repeat(55)}`;
    expect(inTurn(halves('1'.repeat(150)))).toMatchObject({
      judgement: 'unknown',
      anomalies: [],
      why: expect.stringContaining('a part of the run has no response from app-2') as string,
    });
    expect(inTurn(halves('')).judgement).toBe('valid');
    // app-2 has no long interval without a request, so neither an ejection nor chance explains the uneven shares.
    expect(inTurn('11212'.repeat(80)).judgement).toBe('violated');
    expect(
      inTurn(halves('1'.repeat(150)), { declared: { weights: { 'app-1': 1, 'app-2': 1 } } }).judgement,
    ).toBe('violated');
  });

  it('is unknown, not PINNED, if a session stays on the only instance that is left', () => {
    const stays = (requests: number) => {
      const picture = new Picture();
      const others = Array.from({ length: 60 }, (_, i) =>
        picture.session(`s${i}`, 'alice').login(`app-${1 + (i % 2)}`),
      );
      const rounds = () => {
        for (let i = 0; i < 241; i++) others[i % 60]?.read(`app-${1 + (i % 2)}`);
        for (let i = 0; i < 241; i++) others[i % 60]?.read(`app-${2 - (i % 2)}`);
      };
      rounds();
      const stayed = picture.session('stayed', 'bob');
      for (let i = 0; i < 40; i++) {
        others[i]?.read('app-1');
        if (i === 0) stayed.login('app-1');
        if (i < requests) stayed.read('app-1');
      }
      rounds();
      return picture.verdict('routing');
    };
    expect(stays(40)).toMatchObject({
      judgement: 'unknown',
      anomalies: [],
      why: expect.stringContaining('a part of the run has no response from app-2') as string,
    });
    expect(stays(4)).toMatchObject({ judgement: 'valid' });
  });

  it('is PINNED if the rest of the run is uneven, too', () => {
    expect(inTurn(`${'11112'.repeat(40)}${'1'.repeat(150)}${'11112'.repeat(40)}`)).toMatchObject({
      judgement: 'violated',
    });
  });
});

describe('routing, with declared weights', () => {
  const weights = { 'app-1': 9, 'app-2': 1 };
  const weighted = (row: string, declared: Run['declared'] = { weights }) =>
    routes([row.repeat(60)], { declared }).verdict('routing');

  it('is valid for 9:1 if 9:1 is declared', () => {
    expect(weighted('1111111112')).toMatchObject({ judgement: 'valid', anomalies: [] });
    expect(weighted('1111111112', {}).judgement).toBe('violated');
  });

  it('is PINNED for 1:1 if 9:1 is declared, and for an instance with a weight that serves nothing', () => {
    expect(weighted('12').anomalies[0]?.summary).toBe(
      'app-1 served 50 %, where 90 % is declared; app-2 served 50 %, where 10 % is declared',
    );
    expect(
      weighted('12', { weights: { 'app-1': 1, 'app-2': 1, 'app-3': 1 } }).anomalies[0]?.summary,
    ).toContain('app-3 served 0 %, where 33 % is declared');
  });

  it('judges a session by the weight of its instance', () => {
    const rows = ['12', '1'.repeat(90), '222', '1'.repeat(60), '222', '222', '222', '1'.repeat(60)];
    expect(routes(rows, { declared: { weights } }).verdict('routing').judgement).toBe('valid');
    const stays = routes([...rows, '2'.repeat(12)], { declared: { weights } }).verdict('routing');
    expect(stays.anomalies.map(({ summary }) => summary)).toContain(
      'all 12 requests of a session went to app-2',
    );
  });

  it('is unknown if an instance without a weight serves requests', () => {
    expect(weighted('12', { weights: { 'app-1': 9 } }).why).toBe(
      'app-2 served requests, but `instance.weights` lacks it: declare the weight of each instance',
    );
  });
});

describe('routing, of an instance that only direct requests reach', () => {
  const reached = (run: Partial<Run>, requests = 200) => {
    const picture = routes(['12'.repeat(requests / 2)], run);
    picture.session('s9', 'bob').read('app-3', [], { direct: true });
    return picture.verdict('routing');
  };

  it('is PINNED, with the anomaly that says so, and not valid beside it', () => {
    const verdict = reached({});
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1, rests: { instances: 3 } });
    expect(verdict.anomalies[0]?.summary).toContain('app-3 served 0 %');
    const unserved = reached({ routing: 'least-outstanding' });
    expect(unserved.anomalies[0]?.summary).toContain('app-3 served 0 %');
    expect(unserved.finding).toContain('not every instance served');
  });

  it('is unknown on few requests, without any anomaly', () => {
    expect(reached({}, 40)).toMatchObject({ judgement: 'unknown', anomalies: [] });
  });
});

describe('routing, claimed sticky', () => {
  const sticky = { routing: 'sticky' as const, logs: ['balancer'] };

  it('is valid if each session stays, and unknown if no log shows why one moved', () => {
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

describe('routing, whatever the order of log lines', () => {
  it('is the same wherever each line of the log is in the history', () => {
    const drawn = () => {
      const picture = routes(['1'.repeat(15), '2'.repeat(15)], { routing: 'sticky', logs: ['balancer'] });
      picture.session('s3', 'bob').login('app-1').read('app-1').read('app-2').read('app-2').read('app-1');
      return picture;
    };
    const { ids, events } = drawn();
    const lines = Array.from({ length: ids }, (_, n): Event => {
      const id = n + 1;
      const operation = events.find(event => event.type !== 'start' && 'id' in event && event.id === id);
      const instance = (operation as { instance: string }).instance;
      // The session moves twice. One move is correct, because the balancer tried another instance first.
      const tried = id === ids ? ['app-2', instance] : [instance];
      return {
        type: 'served',
        source: 'balancer',
        kind: 'balancer',
        request: `test-${id}`,
        instance,
        tried,
        status: 200,
      };
    });
    const verdicts = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      const picture = drawn();
      const random = seeded(seed);
      for (const line of lines)
        picture.events.splice(Math.floor(random.next() * (picture.events.length + 1)), 0, line);
      verdicts.add(verdictText(picture.verdict('routing')));
    }
    const before = drawn();
    before.events.unshift(...lines);
    verdicts.add(verdictText(before.verdict('routing')));
    const after = drawn();
    after.events.push(...lines.toReversed());
    verdicts.add(verdictText(after.verdict('routing')));
    expect(verdicts.size).toBe(1);
    expect([...verdicts][0]).toMatch(/^violated, 1\n/);
  });
});

describe('routing, exact messages', () => {
  const fault = (picture: Picture, id: number, end?: number) =>
    picture.add({ type: 'fault', id, name: 'kill', clock: 'c0', begin: picture.now, ...(end && { end }) });

  it('counts requests by the instance that they name, until the first fault', () => {
    const picture = routes(['12'.repeat(40)]);
    picture.session('s2', 'bob').read('app-1').login('app-2').read('app-2', [], { instance: undefined });
    fault(fault(picture, 1), 2);
    fault(picture, 1, picture.now);
    picture.session('s3', 'carol').login('app-1').read('app-1');
    fault(picture, 2, picture.now);
    expect(verdictText(picture.verdict('routing'))).toMatchInlineSnapshot(`
      "unknown
      why: 83 requests, 100 are needed: run for longer
      rests on requests 83, instances 2, sessions 1"
    `);
    const calm = routes(['12'.repeat(40)]);
    calm.session('s2', 'bob').login('app-1').hops(19);
    expect(verdictText(calm.verdict('routing'))).toMatchInlineSnapshot(`
      "valid
      spread 50 % / 50 % (chi-square p = 0.92)
      rests on requests 101, instances 2, sessions 2"
    `);
    expect(verdictText(new Picture().verdict('routing'))).toMatchInlineSnapshot(`
      "unknown
      why: no response names its instance: set \`instance\` in the target file
      rests on requests 0, instances 0, sessions 0"
    `);
  });

  it('calls a share uneven if it is off by more than a fifth, and by more than chance', () => {
    const shares = (one: number, two: number) => shared({ 'app-1': one, 'app-2': two });
    expect(shares(1200, 800).judgement).toBe('valid');
    expect(verdictText(shares(1201, 799))).toMatchInlineSnapshot(`
      "violated, 1
      spread 60 % / 40 % (chi-square p = 2.5e-19)
      rests on requests 2000, instances 2, sessions 0
      PINNED routing: app-1 served 60 %, app-2 served 40 %, where 50 % is fair"
    `);
    // With a fair balancer, shares of 70 to 30 occur by chance in one of 16,000 runs.
    expect(verdictText(shares(70, 30))).toMatchInlineSnapshot(`
      "valid
      spread 70 % / 30 % (chi-square p = 0.000063)
      rests on requests 100, instances 2, sessions 0"
    `);
    expect(shares(90, 9).judgement).toBe('unknown');
    expect(shares(98, 2).judgement).toBe('violated');
    // A single response of app-2 does not show how long app-2 was running.
    expect(shares(99, 1).judgement).toBe('unknown');
  });

  it('names only the instances whose share is off, if there are several', () => {
    const verdict = shared({ 'app-a': 330, 'app-b': 320, 'app-c': 250, 'app-d': 100 });
    expect(verdict.anomalies[0]?.summary).toMatchInlineSnapshot(
      `"app-a served 33 %, app-b served 32 %, app-d served 10 %, where 25 % is fair"`,
    );
  });

  it('shows the sessions that stayed longest, and no session that may have stayed by chance', () => {
    // For six sessions, seven tests are made. 24 requests on one instance have the p-value 2 ** -23, which is less than
    // 1e-6 / 7.
    const some = '12'.repeat(10);
    const rows = [some, '1'.repeat(22), '2'.repeat(30), '1'.repeat(24), '2'.repeat(23), some];
    expect(verdictText(routes(rows).verdict('routing'))).toMatchInlineSnapshot(`
      "violated, 2
      spread 48 % / 52 % (chi-square p = 0.68)
      rests on requests 145, instances 2, sessions 6
      PINNED routing s3 alice: all 30 requests of a session went to app-2
        #46 read on app-2: expected other instances too; came all 30 requests of a session went to app-2
      PINNED routing s4 alice: all 24 requests of a session went to app-1
        #77 read on app-1: expected other instances too; came all 24 requests of a session went to app-1"
    `);
  });

  it('keeps the longest of very many that stayed', () => {
    const rows = Array.from({ length: 120 }, (_, i) => String((i % 2) + 1).repeat(i === 3 ? 60 : 3));
    const verdict = routes(rows).verdict('routing');
    expect(verdict.violations).toBe(1);
    expect(verdict.anomalies[0]?.summary).toBe('all 60 requests of a session went to app-2');
  });

  it('reports for sticky sessions how often they stayed, and each move', () => {
    const sticky = { routing: 'sticky' as const, logs: ['balancer'] };
    expect(verdictText(routes(['111111', '22222'], sticky).verdict('routing'))).toMatchInlineSnapshot(`
      "unknown
      why: 9 requests, 10 are needed: run for longer
      rests on requests 13, instances 2, sessions 2"
    `);
    expect(routes(['111111', '222222'], sticky).verdict('routing')).toMatchObject({
      judgement: 'valid',
      finding: 'no session changed its instance in 10 requests',
    });
    const picture = routes(['1'.repeat(20), '21222222'], sticky);
    const served = (id: number, more: object = {}) =>
      picture.add({
        type: 'served',
        source: 'balancer',
        kind: 'balancer',
        request: `test-${id}`,
        status: 200,
        ...more,
      });
    const [there, back] = [picture.ids - 6, picture.ids - 5];
    served(1).add({
      type: 'served',
      source: 'app-1',
      kind: 'instance',
      request: `test-${there}`,
      status: 200,
    });
    expect(picture.verdict('routing').why).toMatch(/^2 requests went to another instance/);
    served(there);
    served(back);
    served(there);
    expect(verdictText(picture.verdict('routing'))).toMatchInlineSnapshot(`
      "violated, 2
      2 requests of 26 went to another instance than the session's
      rests on requests 30, instances 2, sessions 2
      UNPINNED routing s2 alice: a session moved to another instance without need
        #23 read on app-2: served by app-2
        #24 read on app-1: expected served by app-2; came served by app-1
      UNPINNED routing s2 alice: a session moved to another instance without need
        #24 read on app-1: served by app-1
        #25 read on app-2: expected served by app-1; came served by app-2"
    `);
  });

  it('requires for least-outstanding only that all instances serve', () => {
    const verdict = routes(['1'.repeat(150), '12'], { routing: 'least-outstanding' }).verdict('routing');
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "valid
      every instance served: 99 % / 0.65 %
      rests on requests 154, instances 2, sessions 2"
    `);
    expect(stories(verdict)).toBe('');
  });

  it('adds up the counts of parts of a run, some of them with one instance only', () => {
    const counts = { requests: 120, sessions: 2, served: { 'app-1': 120, 'app-2': 0 } };
    const verdict = routing.conclude(counts, new Picture().run);
    expect(verdict.why).toContain('every response came from app-1');
  });
});
