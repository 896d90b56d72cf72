/**
 * At the end of the load, writes to the data that several sessions share, while no other client uses this data. During
 * the load, almost every such write overlaps other requests of the same user, above all on a slow target. If a later
 * read then misses the value, this proves nothing, because one of those requests may have undone the write.
 */
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import { writeOf } from '../client/probes.ts';
import { honoured } from '../core/timeline/sessions.ts';
import type { Probe } from '../target/schema.ts';
import type { HeldValues } from './hop-values.ts';
import { everywhere } from './workload.ts';

/** Minimum number of writes to the data of each probe. After each write, every instance serves a read. */
const WRITES = 14;

/** A session that is alive at the end of the load, and the values that its client has written. */
export interface OpenSession {
  driver: Driver;
  values: HeldValues;
}

/** Lets the sessions that share data write to it in turn. Sessions that share no data write concurrently. */
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

/** Writes a value, and reads it on every instance. Returns false if a response was signed out. */
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
