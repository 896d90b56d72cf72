/**
 * Runs Baton's workload `hop` against the address in argv. Prints the rate, CPU time and memory as JSON. WORKERS
 * (default 1) is the number of threads. WARM (default 0) is the number of seconds in which V8 compiles most of the
 * code. PROFILE=FILE writes a CPU profile of the time after WARM, and STEADY=1 adds figures of this time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verify } from '../../verify/run.ts';
import { loadTarget } from '../../verify/target/load.ts';
import { historySize } from './history-size.ts';

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
const STEADY = process.env['STEADY'] === '1';
/** Times are microseconds on the clock of the run. Empty unless STEADY is set. */
const operations: { action: string; call: number; end: number }[] = [];

let warm: { cpu: number; requests: number; end: number; at: number } | undefined;

interface Steady {
  rate: number;
  /** Median response time, milliseconds. */
  median: number;
  /** CPU time per request, microseconds. */
  cpu: number;
  /** Begin and end of the measurement, milliseconds since the epoch. */
  from: number;
  to: number;
  shares: Record<string, number>;
}

/** Excludes the first WARM seconds of the load. */
function steady(): Steady {
  if (warm === undefined)
    throw new Error(
      `WARM: expected a load of more than ${WARM / 1000} s, got ${seconds} s. Reduce WARM, or extend the load`,
    );
  const all = operations.slice(at['load']?.requests);
  const logins = all.filter(({ action }) => action === 'login').map(({ end }) => end);
  const from = Math.max(warm.end, ...logins);
  const to = Math.min(...all.filter(({ action }) => action === 'logout').map(({ call }) => call));
  const during = all.filter(({ call, end }) => call >= from && end <= to);
  const times = during.map(({ call, end }) => (end - call) / 1000).toSorted((a, b) => a - b);
  const shares: Record<string, number> = {};
  for (const { action } of during) shares[action] = (shares[action] ?? 0) + 1 / during.length;
  const length = (to - from) / 1e6;
  const { cpu = 0, requests: sent = 0 } = at['logs'] ?? {};
  const zero = warm.at - warm.end / 1000;
  return {
    rate: during.length / length,
    from: zero + from / 1000,
    to: zero + to / 1000,
    median: times[times.length >> 1] ?? Number.NaN,
    cpu: (cpu - warm.cpu) / (sent - warm.requests),
    shares,
  };
}

const WARM = Number(process.env['WARM'] || 0) * 1000;
const profile = process.env['PROFILE'];
const cpuTime = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const inspector = new Session();
const mark = (phase: string): void => {
  if (profile !== undefined && phase === 'logs') void profileTo(inspector, profile);
  at[phase] = { time: performance.now(), cpu: cpuTime(), requests };
};
/** Measures from WARM seconds on, when V8 has compiled most of the code. */
const warmUp = (end: number): void => {
  const begun = at['load'];
  if (begun === undefined || performance.now() - begun.time < WARM) return;
  warm = { cpu: cpuTime(), requests, end, at: Date.now() };
  if (profile !== undefined) void profileFrom(inspector);
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
        if (STEADY) operations.push({ action, call, end });
        if (warm === undefined) warmUp(end);
      },
    },
  );
  mark('end');
  const { load, logs, judge, end } = at;
  if (load === undefined || logs === undefined || judge === undefined || end === undefined)
    throw new Error(
      'expected the run to report the phases load, logs and judge, but it did not report all of them',
    );
  // Takes the number of requests from the result, because the callback counts only those of the first worker.
  const count = result.tally.operations - load.requests;
  const valid = result.guarantees.find(({ guarantee }) => guarantee === 'continuity')?.judgement;
  process.stdout.write(
    `${JSON.stringify({
      requests: count,
      seconds: (logs.time - load.time) / 1000,
      cpu: (logs.cpu - load.cpu) / count,
      judging: (end.time - judge.time) / 1000,
      bytes: historySize(folder) / result.tally.operations,
      memory: process.memoryUsage.rss(),
      continuity: valid,
      ...(STEADY ? { steady: steady() } : {}),
    })}\n`,
  );
} finally {
  rmSync(out, { recursive: true });
}
