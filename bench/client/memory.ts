/**
 * `npm run bench:memory`: measures Baton's memory while it sends OPERATIONS (default 10,000,000) requests to nginx in
 * SESSIONS (default 1,000) sessions, and judges them. Ctrl-C ends the load early.
 */
import { fileURLToPath } from 'node:url';
import { makeFolder, removeFolder, temporaryPath } from '../../stack/watchdog.ts';
import { verify } from '../../verify/run.ts';
import { RunStatus } from '../../verify/run-status.ts';
import { loadTarget } from '../../verify/target/load.ts';
import { historySize } from './history-size.ts';
import { startNginx } from './nginx.ts';

const OPERATIONS = Number(process.env['OPERATIONS'] || 10_000_000);
const SESSIONS = Number(process.env['SESSIONS'] || 1000);
const SAMPLE = 10_000;
const MEBI = 1 << 20;

/**
 * Largest resident memory and smallest heap since the last printed row, bytes. The smallest heap contains the least
 * garbage.
 */
let rss = 0;
let heap = Number.POSITIVE_INFINITY;
const sample = (): void => {
  const now = process.memoryUsage();
  rss = Math.max(rss, now.rss);
  heap = Math.min(heap, now.heapUsed);
};

const megabytes = (bytes: number): string => (bytes / MEBI).toFixed(0);
const print = (what: string): void => {
  process.stdout.write(`| ${what} | ${megabytes(rss)} | ${megabytes(heap)} |\n`);
  rss = 0;
  heap = Number.POSITIVE_INFINITY;
};

const folder = temporaryPath('baton-bench-memory-');
makeFolder(folder);
const { url, stop } = await startNginx();
try {
  const target = await loadTarget(fileURLToPath(new URL('target.yaml', import.meta.url)), process.env);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const status = new RunStatus(text => {
    throw new Error(text);
  });
  process.stdout.write('| operations | resident memory, MB | heap, MB |\n|---|--:|--:|\n');
  let next = 100_000;
  let timer: NodeJS.Timeout | undefined;
  const { result, folder: run } = await verify(
    { ...target, url },
    {
      out: folder,
      seed: 1,
      duration: 86_400_000,
      sessions: SESSIONS,
      workloads: ['hop'],
      signal: stopping.signal,
      onPhase: phase => {
        if (phase === 'judge') timer = setInterval(sample, 100);
      },
      onEvent: event => status.event(event),
      onOperation: operation => {
        status.operation(operation);
        const { requests } = status;
        if (requests % SAMPLE === 0) sample();
        if (requests === next) {
          print(`${requests / 1e6} million sent`);
          next = next < 1e6 ? 10 * next : next + 1e6;
        }
        if (requests >= OPERATIONS) stopping.abort();
      },
    },
  );
  clearInterval(timer);
  print(`${(result.tally.operations / 1e6).toFixed(1)} million judged`);
  process.stdout.write(
    `\n${(historySize(run) / result.tally.operations).toFixed(1)} bytes of history an operation\n`,
  );
  const valid = result.guarantees.find(({ guarantee }) => guarantee === 'continuity')?.judgement;
  if (valid !== 'valid') throw new Error(`expected Baton to judge continuity as valid, got ${valid}`);
} finally {
  await stop();
  removeFolder(folder);
}
