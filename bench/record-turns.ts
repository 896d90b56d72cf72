/**
 * `npm run bench:record FILE`: records pairs of concurrent runs of one build, for `npm run bench:compare`. During the
 * second half, another process sometimes uses a CPU core.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { type Digest, digestOf } from '../verify/core/compare/digest.ts';
import { verify } from '../verify/run.ts';
import { loadTarget } from '../verify/target/load.ts';

const PAIRS = 32;
/** Runs only two sessions. More sessions would queue for the CPU, which would change the response times. */
const LOAD = { duration: 3_000, sessions: 2, workloads: ['hop'] };

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: npm run bench:record FILE');
const out = mkdtempSync(join(tmpdir(), 'baton-turns-'));
const stacks: Stack[] = [];
const runs: Digest[] = [];

async function one(stack: Stack, seed: number): Promise<Digest> {
  const target = { ...(await loadTarget('baton.yaml', process.env)), url: stack.url };
  const { result } = await verify(target, { ...LOAD, seed, out, command: 'bench', logs: stack.logs });
  const digest = digestOf(result);
  return { ...digest, latency: digest.latency.filter(({ action }) => action === 'read') };
}

try {
  for (let i = 0; i < 2; i++) stacks.push(await startLocalStack({ port: 'any' }));
  for (let i = 0; i < PAIRS; i++) {
    // The other process runs only sometimes, as on a real machine.
    const other = i >= PAIRS / 2 && i % 5 < 3 ? spawn(process.execPath, ['-e', 'for (;;);']) : undefined;
    try {
      runs.push(...(await Promise.all(stacks.map(stack => one(stack, i)))));
    } finally {
      other?.kill();
    }
    process.stderr.write(`${i + 1} of ${PAIRS}\n`);
  }
} finally {
  for (const stack of stacks) await stack.stop();
  rmSync(out, { recursive: true });
}
const lines = runs.map(run => JSON.stringify(run)).join(',\n');
writeFileSync(file, `{"format":"baton-baseline","version":1,"runs":[\n${lines}\n]}\n`);
