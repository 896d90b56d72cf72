/**
 * `npm run stores:matrix [-- RUNS [STORE]]` measures which guarantees hold on each session store, for docs/stores.md.
 * Takes 45 minutes: RUNS runs of each store (default 3), and one under each fault of the store. STORE limits the runs
 * to this value of SESSION_STORE.
 */
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLocalStack } from '../stack/local.ts';
import { makeFolder, removeFolder, temporaryPath } from '../stack/watchdog.ts';
import { basketOfUser } from '../verify/commands/claims.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';
import type { Result } from '../verify/core/result/result.ts';
import type { Judgement } from '../verify/core/result/verdict.ts';
import { verify } from '../verify/run.ts';
import { loadTarget } from '../verify/target/load.ts';
import { STORES, underFaults } from './stores-under-faults.ts';

const root = join(import.meta.dirname, '..');
const DOCS = join(root, 'docs/stores.md');

type Settings = Record<string, string>;

/** Key: title of a row of the table in docs/stores.md; value: environment variables of the instances. */
const ROWS: Record<string, Settings> = {
  '`redis-attributes`': { SESSION_STORE: 'redis-attributes' },
  '`redis-attributes`, hardened Redis': { SESSION_STORE: 'redis-attributes', STACK_REDIS: 'hardened' },
  '`redis-locked`': { SESSION_STORE: 'redis-locked' },
  '`connect-redis`': { SESSION_STORE: 'connect-redis' },
  '`connect-redis`, baskets in tables': { SESSION_STORE: 'connect-redis', BASKET_STORE: 'postgres' },
  '`postgres`': { SESSION_STORE: 'postgres' },
  '`postgres`, baskets in tables': { SESSION_STORE: 'postgres', BASKET_STORE: 'postgres' },
  '`memcached`': { SESSION_STORE: 'memcached' },
  '`dynamodb`': { SESSION_STORE: 'dynamodb' },
  '`cookie`': { SESSION_STORE: 'cookie' },
  '`cookie`, baskets in tables': { SESSION_STORE: 'cookie', BASKET_STORE: 'postgres' },
  '`memory`': { SESSION_STORE: 'memory' },
};

const COLUMNS = [
  ...['continuity', 'isolation', 'instances-agree', 'read-your-writes', 'monotonic-reads'],
  ...['no-lost-updates', 'linearizability', 'logout-final', 'rotation', 'forgery', 'one-session'],
  ...['cookie-policy', 'private-responses', 'expiry', 'availability'],
] as Guarantee[];

/** Session timeouts, seconds: short enough to wait for, and further apart than Baton's tolerance of 2 s. */
const IDLE = 10;
const ABSOLUTE = 24;
const TIMEOUTS = { SESSION_IDLE_SECONDS: String(IDLE), SESSION_ABSOLUTE_SECONDS: String(ABSOLUTE) };
const SETTINGS = { STACK_REDIS: '', BASKET_STORE: '', SCRYPT_COST: '2' };
const LOAD = { duration: 5_000, sessions: 32, command: 'npm run stores:matrix' };

async function main(): Promise<void> {
  const [, , given = '3', store] = process.argv;
  const runs = Number(given);
  if (!/^[1-9]\d?$/.test(given)) return refuse(`a number of runs from 1 to 99, got ${given}`);
  if (store !== undefined && !STORES.includes(store))
    return refuse(`one of ${STORES.join(', ')}, got ${store}`);
  const out = temporaryPath('baton-matrix-');
  makeFolder(out);
  try {
    const table = await underFaults(store === undefined ? STORES : [store], out, line =>
      process.stderr.write(`${line}\n`),
    );
    const lines = await withoutFaults(runs, store, out);
    if (store !== undefined) {
      process.stdout.write(`${[...table, ...lines].join('\n')}\n`);
      return;
    }
    write('stores:faults', `${runs}\`, on two instances, one run of 16 sessions for each.`, table);
    const head = [`| | ${COLUMNS.join(' | ')} |`, `|---|${COLUMNS.map(() => '---|').join('')}`];
    write('stores:matrix', `${runs}\`, on two instances, without faults.`, [...head, ...lines]);
  } finally {
    removeFolder(out);
  }
}

function refuse(why: string): void {
  process.stderr.write(`stores:matrix: expected ${why}\n`);
  process.exitCode = 64;
}

async function withoutFaults(runs: number, store: string | undefined, out: string): Promise<string[]> {
  const lines: string[] = [];
  for (const [title, settings] of Object.entries(ROWS)) {
    if (store !== undefined && settings['SESSION_STORE'] !== store) continue;
    const results: Result[] = [];
    for (let run = 0; run < runs; run++) results.push(await raced(settings, out));
    results.push(await waited(settings, out));
    lines.push(`| ${[title, ...COLUMNS.map(name => cell(name, results))].join(' | ')} |`);
    process.stderr.write(`${lines.at(-1)}\n`);
  }
  return lines;
}

/** Measures all guarantees except expiry, because evidence for expiry needs expired sessions. */
async function raced(settings: Settings, out: string): Promise<Result> {
  const claims = COLUMNS.filter(name => name !== 'expiry');
  return run({ ...SETTINGS, ...settings }, claims, out);
}

async function waited(settings: Settings, out: string): Promise<Result> {
  return run({ ...SETTINGS, ...settings, ...TIMEOUTS }, ['expiry'], out);
}

async function run(env: Settings, claims: Guarantee[], out: string): Promise<Result> {
  const target = await loadTarget(join(root, 'baton.yaml'), {});
  const stack = await startLocalStack({ port: 'any', env });
  try {
    target.url = stack.url;
    target.claims = claims;
    target.instance = {
      ...target.instance,
      addresses: Object.fromEntries(stack.instances().map(({ name, url }) => [name, url])),
    };
    if (basketOfUser(env)) for (const probe of target.probes) probe.scope = 'user';
    const waits = claims.includes('expiry');
    if (waits) {
      // The cookie store prolongs a session only after half of the idle timeout. Other stores do so at each request.
      const renew = env['SESSION_STORE'] === 'cookie' ? 'half' : 'each';
      target.expiry = { idle: IDLE * 1e3, absolute: ABSOLUTE * 1e3, renew };
      target.declared = { expiry: { idle: IDLE * 1e6, absolute: ABSOLUTE * 1e6, renew } };
    }
    const options = { ...LOAD, seed: randomInt(2 ** 31), out, logs: stack.logs };
    const { result } = await verify(target, { ...options, ...(waits && { workloads: ['hop', 'idle'] }) });
    return result;
  } finally {
    await stack.stop();
  }
}

/** ✓: held in all runs. ✗: violated in a run. ?: a run had insufficient evidence. */
function cell(guarantee: Guarantee, results: readonly Result[]): string {
  const judgements: Judgement[] = results
    .filter(result => result.guarantees.some(verdict => verdict.guarantee === guarantee && verdict.claimed))
    .map(
      result => result.guarantees.find(verdict => verdict.guarantee === guarantee)?.judgement ?? 'unknown',
    );
  const broken = judgements.filter(judgement => judgement === 'violated').length;
  if (broken > 0) return broken === judgements.length ? '✗' : `✗ ${broken}/${judgements.length}`;
  return judgements.every(judgement => judgement === 'valid') ? '✓' : '?';
}

/**
 * Replaces a table in docs/stores.md.
 * @param mark name in the HTML comments around the table
 * @param how end of the sentence that says when and with which command the table was measured
 */
function write(mark: string, how: string, table: readonly string[]): void {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const text = readFileSync(DOCS, 'utf8');
  const before = text.slice(0, text.indexOf(begin) + begin.length);
  const after = text.slice(text.indexOf(end));
  const day = new Date().toISOString().slice(0, 10);
  const dated = `Measured on ${day} by \`npm run stores:matrix -- ${how}`;
  writeFileSync(DOCS, `${before}\n${dated}\n\n${table.join('\n')}\n${after}`);
}

await main();
