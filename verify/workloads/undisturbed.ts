/**
 * Writes to shared data at the end of the load. During the load, a concurrent request may undo a write, so that a
 * missing value proves nothing.
 */
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import { writeOf } from '../client/probes.ts';
import { honoured } from '../core/timeline/sessions.ts';
import type { Probe } from '../target/schema.ts';
import type { HeldValues } from './hop-values.ts';
import { everywhere } from './workload.ts';

const WRITES = 14;

export interface OpenSession {
  driver: Driver;
  values: HeldValues;
}

/** Writes at the end of the load: one after another in sessions that share data, at the same time in all others. */
export async function writeUndisturbed(context: Context, open: readonly OpenSession[]): Promise<void> {
  for (const probe of context.target.probes) {
    if (probe.scope === 'session' || writeOf(probe) === undefined) continue;
    const owner = ({ driver }: OpenSession): string => (probe.scope === 'all' ? '' : driver.account.label);
    const groups = [...Map.groupBy(open, owner).values()].filter(group => group.length > 1);
    const rounds = Math.ceil(WRITES / Math.max(1, groups.flat().length));
    await Promise.all(groups.map(group => inTurn(context, probe, group, rounds)));
  }
}

async function inTurn(
  context: Context,
  probe: Probe,
  group: readonly OpenSession[],
  rounds: number,
): Promise<void> {
  const lost = new Set<OpenSession>();
  for (let i = 0; i < rounds; i++)
    for (const session of group) {
      if (context.signal.aborted) return;
      if (!lost.has(session) && !(await writeAndRead(context, probe, session))) lost.add(session);
    }
}

/** Returns false if a response was signed out. */
async function writeAndRead(
  context: Context,
  probe: Probe,
  { driver, values }: OpenSession,
): Promise<boolean> {
  if (values.share(probe) === 0) return true;
  const add = await driver.write(probe);
  values.wrote(probe, add, undefined, false);
  let alive = add.signedIn !== 'out';
  await everywhere(context, async how => {
    const { operation } = await driver.read(probe, how);
    if (honoured(operation) === false) alive = false;
    return operation;
  });
  return alive;
}
