/** Measures which guarantees the card store (Baton's web shop) keeps while its session store fails. */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { STORES as SESSION_STORES } from '../app/variables.ts';
import { startLocalStack } from '../stack/local.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';
import type { Result } from '../verify/core/result/result.ts';
import { addressesOf } from '../verify/faults/changes.ts';
import type { StackFault } from '../verify/faults/fault.ts';
import { FAULTS } from '../verify/faults/index.ts';
import { verify } from '../verify/run.ts';
import { loadTarget } from '../verify/target/load.ts';

/** Stores to measure. `memory` keeps no guarantee on two instances even without faults. */
export const STORES: readonly string[] = SESSION_STORES.filter(store => store !== 'memory');

/** Guarantees for which a run with faults gives evidence. */
const CLAIMS = [
  ...['continuity', 'isolation', 'instances-agree', 'read-your-writes', 'monotonic-reads'],
  ...['survival', 'outage', 'availability'],
] as Guarantee[];

const LOAD = { duration: 2_000, sessions: 16, workloads: ['hop'], command: 'npm run stores:matrix' };

/**
 * Returns a table with one line for each fault.
 * @param onLine called with each line as soon as it is complete
 */
export async function underFaults(
  stores: readonly string[],
  out: string,
  onLine: (line: string) => void,
): Promise<string[]> {
  const lines = [
    `| | ${stores.map(store => `\`${store}\``).join(' | ')} |`,
    `|---|${stores.map(() => '---|').join('')}`,
  ];
  for (const fault of FAULTS.filter(({ part }) => part === 'store')) {
    const cells: string[] = [];
    for (const store of stores) cells.push(await tried(store, fault, out));
    lines.push(`| \`${fault.name}\` | ${cells.join(' | ')} |`);
    onLine(lines.at(-1) ?? '');
  }
  return lines;
}

async function tried(store: string, fault: StackFault, out: string): Promise<string> {
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

/** ✓: all guarantees held. ✗: violated guarantees and number of losses. ?: too little evidence. */
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
