/** Runs `verify` for a short time against the app of small-web.ts, and returns the verdicts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import type { LogSource } from '../../verify/client/logs.ts';
import type { Event, Operation } from '../../verify/core/history/history.ts';
import type { Result } from '../../verify/core/result/result.ts';
import type { Verdict } from '../../verify/core/result/verdict.ts';
import { verify } from '../../verify/run.ts';
import { parseTarget } from '../../verify/target/load.ts';
import { PASSWORD, type SmallWeb, serve, USERS } from './small-web.ts';

/** The default target file for the app of small-web.ts. */
export const TARGET = {
  version: 1,
  accounts: USERS.map(user => ({ user, password: PASSWORD })) as object[],
  login: { page: '/login', path: '/login', form: { name: '{user}', password: '{password}' } } as object,
  signedIn: { page: '/account', user: 'data-user="([^"]*)"' },
  probes: [
    {
      object: 'items',
      read: { path: '/items', items: '<li>([^<]*)' },
      add: { path: '/items', form: { item: '{value}' } },
      remove: { path: '/items/remove', form: { item: '{value}' } },
    },
  ] as object[],
  logout: { path: '/logout' },
  instance: { header: 'x-instance' },
  claims: ['standard'],
};

export interface Judged {
  result: Result;
  of(guarantee: string): Verdict;
  /** The claimed guarantees that are violated. */
  violated: string[];
  /** All operations of the run, in the order in which they ended. */
  operations: Operation[];
  history: string;
}

/** Number of operations of a run: enough to find every defect in these tests. */
const ENOUGH = 260;

/**
 * Verifies the app of small-web.ts.
 * @param changes keys of the target file to replace; `undefined` removes a key
 * @param workloads names of the workloads; `hop` ends after `enough` operations
 */
export async function judged(
  web: SmallWeb,
  changes: Record<string, unknown> = {},
  { workloads = ['hop'], enough = ENOUGH, host = '127.0.0.1', url = '', logs = [] as LogSource[] } = {},
): Promise<Judged> {
  const out = mkdtempSync(join(tmpdir(), 'baton-realweb-'));
  const server = url === '' ? await serve(web, host) : undefined;
  try {
    const file = stringify({ ...TARGET, url: server?.url ?? url, ...changes });
    const target = parseTarget(file, join(out, 'target.yaml'), {});
    const stop = new AbortController();
    let operations = 0;
    const onOperation = (): void => {
      if (workloads[0] === 'hop' && ++operations === enough) stop.abort();
    };
    const bounds = { duration: 60_000, sessions: 6, signal: stop.signal, logs };
    const { result, folder } = await verify(target, { ...bounds, seed: 7, workloads, out, onOperation });
    const history = readFileSync(join(folder, 'history.ndjson'), 'utf8');
    const events = history
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Event);
    const starts = new Map(events.flatMap(event => (event.type === 'start' ? [[event.id, event]] : [])));
    return {
      result,
      of: name => result.guarantees.find(({ guarantee }) => guarantee === name) as Verdict,
      violated: result.guarantees
        .filter(({ claimed, judgement }) => claimed && judgement === 'violated')
        .map(({ guarantee }) => guarantee),
      operations: events.flatMap(event => {
        if (event.type === 'op') return [event];
        const start = event.type === 'end' ? starts.get(event.id) : undefined;
        return start === undefined ? [] : [{ ...start, ...event, type: 'op' } as Operation];
      }),
      history,
    };
  } finally {
    server?.stop();
    rmSync(out, { recursive: true });
  }
}

/** Verifies an app. Expects sufficient evidence and no violated guarantee. */
export async function holds(
  web: SmallWeb,
  changes: Parameters<typeof judged>[1] = {},
  options: Parameters<typeof judged>[2] = {},
) {
  const run = await judged(web, changes, options);
  expect(run.result.guarantees.flatMap(({ claimed, anomalies }) => (claimed ? anomalies : []))).toEqual([]);
  expect([run.of('continuity').judgement, run.of('continuity').why]).toEqual(['valid', undefined]);
  return run;
}
