/**
 * Runs the workload hop against the address in argv, and prints as JSON what it cost. `bench/client.ts` starts it, so
 * that it runs on a core of its own. WORKERS (default 1) is the number of threads.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HISTORY } from '../../verify/history-reader.ts';
import { verify } from '../../verify/run.ts';
import { loadTarget } from '../../verify/target/load.ts';

async function profileFrom(session: Session): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}

async function profileTo(session: Session, file: string): Promise<void> {
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(file, JSON.stringify(profile));
}

const [url = '', seconds = '5', sessions = '32', file] = process.argv.slice(2);
const target = await loadTarget(file ?? fileURLToPath(new URL('target.yaml', import.meta.url)), process.env);
const out = mkdtempSync(join(tmpdir(), 'baton-bench-'));
const at: Record<string, { time: number; cpu: number; requests: number }> = {};
let requests = 0;
/** Times in microseconds on the clock of the run. */
const operations: { action: string; call: number; end: number }[] = [];

/** Returns the rate, the median time and the shares of the actions while all sessions were logged in. */
function steady(): { rate: number; median: number; shares: Record<string, number> } {
  const all = operations.slice(at['load']?.requests);
  const from = Math.max(...all.filter(({ action }) => action === 'login').map(({ end }) => end));
  const to = Math.min(...all.filter(({ action }) => action === 'logout').map(({ call }) => call));
  const during = all.filter(({ call, end }) => call >= from && end <= to);
  const times = during.map(({ call, end }) => (end - call) / 1000).toSorted((a, b) => a - b);
  const shares: Record<string, number> = {};
  for (const { action } of during) shares[action] = (shares[action] ?? 0) + 1 / during.length;
  const seconds = (to - from) / 1e6;
  return { rate: during.length / seconds, median: times[times.length >> 1] ?? Number.NaN, shares };
}

const profile = process.env['PROFILE'];
const inspector = new Session();
const mark = (phase: string): void => {
  if (profile !== undefined && phase === 'load') void profileFrom(inspector);
  if (profile !== undefined && phase === 'logs') void profileTo(inspector, profile);
  const { user, system } = process.cpuUsage();
  at[phase] = { time: performance.now(), cpu: user + system, requests };
};
try {
  const { result, folder } = await verify(
    { ...target, url },
    {
      out,
      seed: 1,
      duration: Number(seconds) * 1000,
      sessions: Number(sessions),
      workers: Number(process.env['WORKERS'] || 1),
      workloads: ['hop'],
      onPhase: mark,
      onOperation: ({ action, call, return: end = call }) => {
        requests++;
        operations.push({ action, call, end });
      },
    },
  );
  mark('end');
  const { load, logs, judge, end } = at;
  if (load === undefined || logs === undefined || judge === undefined || end === undefined)
    throw new Error('expected the run to have all its phases');
  // The callback counts the requests of the first worker only.
  const count = result.tally.operations - load.requests;
  const valid = result.guarantees.find(({ guarantee }) => guarantee === 'continuity')?.judgement;
  process.stdout.write(
    `${JSON.stringify({
      requests: count,
      seconds: (logs.time - load.time) / 1000,
      cpu: (logs.cpu - load.cpu) / count,
      judging: (end.time - judge.time) / 1000,
      bytes: statSync(join(folder, HISTORY)).size / result.tally.operations,
      memory: process.memoryUsage.rss(),
      continuity: valid,
      ...(process.env['STEADY'] === undefined ? {} : { steady: steady() }),
    })}\n`,
  );
} finally {
  rmSync(out, { recursive: true });
}
