/** What the card store keeps on each session store while that store fails: a table, one run for each cell. */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { startLocalStack } from '../stack/local.ts';
import type { Guarantee } from '../verify/core/guarantees.ts';
import type { Result } from '../verify/core/result.ts';
import { addressesOf } from '../verify/faults/changes.ts';
import type { Fault } from '../verify/faults/fault.ts';
import { FAULTS } from '../verify/faults/index.ts';
import { verify } from '../verify/run.ts';
import { loadTarget } from '../verify/target/load.ts';

/** `memory` is left out: it keeps nothing on two instances even when nothing fails. */
const STORES = ['redis-attributes', 'redis-locked', 'connect-redis', 'postgres', 'memcached', 'cookie'];

/** What the load of a run with faults is evidence for. */
const CLAIMS = [
  ...['continuity', 'isolation', 'instances-agree', 'read-your-writes', 'monotonic-reads'],
  ...['survival', 'outage', 'availability'],
] as Guarantee[];

const LOAD = { duration: 2_000, sessions: 16, workloads: ['hop'], command: 'npm run stores:matrix' };

/** @returns the lines of a table, fault by fault. @param tell told each of them as soon as it is known */
export async function underFaults(out: string, tell: (line: string) => void): Promise<string[]> {
  const lines = [
    `| | ${STORES.map(store => `\`${store}\``).join(' | ')} |`,
    `|---|${STORES.map(() => '---|').join('')}`,
  ];
  for (const fault of FAULTS.filter(({ part }) => part === 'store')) {
    const cells: string[] = [];
    for (const store of STORES) cells.push(await tried(store, fault, out));
    lines.push(`| \`${fault.name}\` | ${cells.join(' | ')} |`);
    tell(lines.at(-1) ?? '');
  }
  return lines;
}

async function tried(store: string, fault: Fault, out: string): Promise<string> {
  const target = await loadTarget(join(import.meta.dirname, '../baton.yaml'), {});
  const env = { SESSION_STORE: store, STACK_REDIS: '', BASKET_STORE: '', SCRYPT_COST: '2' };
  const stack = await startLocalStack({ port: 'any', env, links: fault.linked === true });
  try {
    if (fault.lacks?.(stack, undefined) !== undefined) return '–';
    target.url = stack.url;
    target.claims = CLAIMS.filter(name => name !== 'outage' || fault.down === true);
    target.instance = { ...target.instance, addresses: addressesOf(stack) };
    const faults = { wanted: [fault], stack };
    const seed = randomInt(2 ** 31);
    const { result } = await verify(target, { ...LOAD, seed, out, logs: stack.logs, faults });
    return cell(result);
  } finally {
    await stack.stop();
  }
}

/** ✓ all kept; ✗ what was broken, and how much was lost; ? of what there was too little evidence. */
function cell({ guarantees, faults = [] }: Result): string {
  const named = (which: (verdict: Result['guarantees'][number]) => boolean): string =>
    guarantees
      .filter(which)
      .map(({ guarantee }) => guarantee)
      .join(', ');
  const broken = named(({ violations }) => violations > 0);
  const open = named(({ claimed, judgement, violations }) => {
    return claimed && judgement === 'unknown' && violations === 0;
  });
  const lost = faults.flatMap(({ sessions, writes }) => [
    ...(sessions.survived < sessions.of
      ? [`${sessions.of - sessions.survived} of ${sessions.of} sessions`]
      : []),
    ...(writes.lost > 0 ? [`${writes.lost} of ${writes.acknowledged} writes`] : []),
  ]);
  if (broken !== '') return `✗ ${broken}${lost.length === 0 ? '' : ` (lost ${lost.join(', ')})`}`;
  return open === '' ? '✓' : `? ${open}`;
}
