import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock, Event, Operation, Run } from './core/history/history.ts';
import { PREFIX, runLine } from './core/testing/picture.ts';
import { judgeFile, judgeFiles, mergeFiles } from './judge-file.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const clock = (name: string, base: string, uncertainty: number): Clock => ({
  type: 'clock',
  clock: name,
  base,
  uncertainty,
});

const operation = (vu: number, id: number, call: number, more: Partial<Operation>): Operation => ({
  type: 'op',
  id: vu * 1000 + id,
  clock: `vu${vu}`,
  client: `vu${vu}`,
  session: `s${vu}`,
  user: `user${vu}`,
  action: 'read',
  request: `r-${vu}-${id}`,
  call,
  return: call + 1,
  outcome: 'ok',
  status: 200,
  instance: id % 2 === 0 ? 'app-1' : 'app-2',
  signedIn: 'in',
  ...more,
});

/** Returns the events of a k6 virtual user that logs in and reads twenty times. */
function user(vu: number, base: string, more: Partial<Operation> = {}): Event[] {
  const cookies = [{ name: 'sid', change: 'set' as const, label: `label${vu}` }];
  const { call: _, ...login } = operation(vu, 1, 10, { action: 'login', cookies });
  const { signedIn, instance, outcome, status, return: end, ...called } = login;
  return [
    clock(`vu${vu}`, base, 1000),
    { ...called, type: 'start', call: 10 },
    {
      type: 'end',
      id: login.id,
      outcome,
      status: status ?? 200,
      return: end ?? 11,
      cookies,
      signedIn: 'in',
      instance: instance ?? '',
    },
    ...Array.from({ length: 20 }, (_, i) =>
      operation(vu, i + 2, 100 + 10 * i, { sawUser: `user${vu}`, ...more }),
    ),
    { type: 'finish', clock: `vu${vu}`, at: 1000, reason: 'complete' },
  ];
}

function file(
  name: string,
  events: readonly Event[],
  { run = runLine(), noise = '' }: { run?: Run; noise?: string } = {},
) {
  const path = join(folder, name);
  const lines = [run, ...events].map(event => `${JSON.stringify(event)}\n`);
  writeFileSync(path, `${noise}${lines.join('')}${noise}`);
  return path;
}

const T0 = '2026-01-01T00:00:00.000Z';

describe('several histories of one run', () => {
  it('are judged as one', async () => {
    const result = await judgeFiles([file('a', user(1, T0)), file('b', user(2, '2026-01-01T00:00:03.000Z'))]);
    expect(result.tally).toMatchObject({ sessions: 2, users: 2, operations: 42, duration: 3_000_281 });
    expect(result).toMatchObject({ finished: 'complete', remarks: [] });
  });

  it('give the verdicts of one history with the same load', async () => {
    const users = [1, 2, 3, 4].map(vu => user(vu, T0));
    const together = users[0]?.flatMap((_, i) => users.flatMap(events => events[i] ?? [])) ?? [];
    const load = together.filter(({ type }) => type !== 'finish');
    const [finish] = together.filter(({ type }) => type === 'finish');
    const one = await judgeFile(file('one', [...load, ...(finish === undefined ? [] : [finish])]));
    const four = await judgeFiles(users.map((events, i) => file(`part${i}`, events)));
    expect(one.tally.operations).toBe(84);
    expect(one.guarantees.filter(({ judgement }) => judgement === 'valid').length).toBeGreaterThan(1);
    expect(four).toEqual(one);
    const merged: Event[] = [];
    await mergeFiles(
      users.map((_, i) => join(folder, `part${i}`)),
      event => merged.push(event),
    );
    expect(merged).toHaveLength(together.length - 3 + 1);
    expect(await judgeFile(file('merged', merged.slice(1)))).toEqual(one);
  });

  it('show what only both together can: a session id that was issued to two users', async () => {
    // Two instances give two users the same session id. A single file does not show that these ids are equal.
    const [first, second] = [user(1, T0, { instance: 'app-1' }), user(2, T0, { instance: 'app-2' })];
    const same = JSON.parse(JSON.stringify(second).replaceAll('label2', 'label1')) as Event[];
    const result = await judgeFiles([file('a', first), file('b', same), file('c', user(3, T0))]);
    const isolation = result.guarantees.find(({ guarantee }) => guarantee === 'isolation');
    expect(isolation?.anomalies[0]?.name).toBe('BLEED');
  });

  it.each([
    ['beyond both uncertainties', '2026-01-01T00:00:01.000Z'],
    ['within them', '2026-01-01T00:00:00.001Z'],
  ])('report no violation by an order that rests on two clocks: %s', async (_, later) => {
    // A read of the second session still shows a value that the first session has removed. Whether the read came after
    // the removal depends on two clocks.
    const object = 'basket@user1';
    const value = `${PREFIX}.user1.s1.1.aaaaaaaa`;
    const writes: Event[] = ['add' as const, 'remove' as const].flatMap((action, i) => {
      const {
        outcome,
        return: end = 0,
        ...called
      } = operation(1, 50 + i, 500 + 10 * i, { action, object, value });
      const { instance: __, signedIn: ___, ...start } = called;
      return [
        { ...start, type: 'start' },
        { type: 'end', id: called.id, outcome, return: end },
      ] as Event[];
    });
    const one = [...user(1, T0).slice(0, -1), ...writes];
    const reads = { user: 'user1', sawUser: 'user1', object, saw: [value] };
    const two = user(2, later, reads).map(event => ('user' in event ? { ...event, user: 'user1' } : event));
    const result = await judgeFiles([file('a', one), file('b', two)]);
    const verdict = result.guarantees.find(({ guarantee }) => guarantee === 'linearizability');
    expect(verdict?.violations).toBe(0);
    expect(verdict?.why).toContain('the clocks are too uncertain to order');
  });

  it('skip other lines of a log, and report them', async () => {
    const noise = 'level=info something\n\n';
    const result = await judgeFiles([file('a', user(1, T0), { noise }), file('b', user(2, T0))]);
    expect(result.remarks).toEqual([expect.stringMatching(/a: 1 lines are not part of a history$/)]);
  });

  it('report that one of them is incomplete', async () => {
    const cut = user(2, T0).slice(0, -1);
    const result = await judgeFiles([file('a', user(1, T0)), file('b', cut)]);
    expect(result.finished).toBe('cut off');
    expect(result.remarks.join()).toMatch(/b has no line that ends the history/);
  });

  it('are refused when they are of different runs, or have the same virtual users', async () => {
    const other = file('other', user(2, T0), { run: runLine({ run: 'another' }) });
    await expect(judgeFiles([file('a', user(1, T0)), other])).rejects.toThrow(
      /expected a history of run .*RUN_KEY/,
    );
    const twice = [file('a', user(1, T0)), file('b', user(1, T0))];
    await expect(judgeFiles(twice)).rejects.toThrow(
      /the clock "vu1" is used in .*a, too.*--execution-segment/s,
    );
  });
});
