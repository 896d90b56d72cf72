/** A planned failover without data loss. Connections to the old primary stay open, but can only read. */
import { startRedis } from '../../stack/redis.ts';
import { until } from '../../stack/wait.ts';
import type { Fault } from './fault.ts';
import { inSync, lacksRedis, withRedis } from './redis.ts';
import { lacksLink } from './store-link.ts';

const SWITCH = { withinMs: 15_000, everyMs: 20 };
/** Duration of the fault: long enough to see clients that continue to write to the old primary. */
const LASTS_MS = 3_000;

export const storeDemoted: Fault = {
  name: 'store-demoted',
  part: 'store',
  does: 'a planned failover: a replica takes over, and the old primary becomes its replica and keeps its connections',
  linked: true,
  lasts: () => LASTS_MS,
  lacks: stack => lacksRedis(stack) ?? lacksLink(stack),
  async inject({ stack, undo }) {
    const { store } = stack;
    const link = await stack.link?.(store.name);
    const port = Number(new URL(store.url ?? '').port);
    if (link === undefined) return false;
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(port)] });
    undo(() => replica.dispose());
    await inSync(replica.url);
    undo(async () => {
      if (await demoted(store.url)) await handOver(replica.url, port, store.url);
      await link.lead(port);
    });
    // From now on, the link sends new connections to the replica, which takes over.
    await link.lead(replica.port, { keep: true });
    await handOver(store.url, replica.port, replica.url);
    return demoted(store.url);
  },
};

/** Returns whether a server is a replica, which accepts no writes. */
const demoted = (url: string | undefined): Promise<boolean> =>
  withRedis(url, async redis => /role:slave/.test(await redis.info('replication')));

/** Swaps the roles of primary and replica. Redis delays writes until the replica has all data. */
async function handOver(url: string | undefined, to: number, other: string | undefined): Promise<void> {
  const what = `the Redis on port ${to} to take over`;
  // The primary refuses FAILOVER until the replica has reported that it is in sync. Retry until then.
  const asked = async () => {
    await withRedis(url, redis => redis.call('FAILOVER', 'TO', '127.0.0.1', to, 'TIMEOUT', SWITCH.withinMs));
    return true;
  };
  await until(asked, { ...SWITCH, what });
  await until(async () => (await demoted(url)) && !(await demoted(other)), { ...SWITCH, what });
}
