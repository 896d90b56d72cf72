/** A planned failover: nothing is lost, and whoever keeps a connection to the old primary may only read there. */
import { startRedis } from '../../stack/redis.ts';
import { until } from '../../stack/wait.ts';
import type { Fault } from './fault.ts';
import { inSync, lacksRedis, withRedis } from './redis.ts';
import { lacksLink } from './store-link.ts';

const SWITCH = { withinMs: 15_000, everyMs: 20 };
/** Long enough to see who goes on writing to the old primary. */
const LASTS_MS = 3_000;

export const storeDemoted: Fault = {
  name: 'store-demoted',
  part: 'store',
  does: 'a replica takes over in order, and the old primary stays as its replica: connections that are there stay',
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
    // Whoever dials from now on finds the one that takes over.
    await link.lead(replica.port, { keep: true });
    await handOver(store.url, replica.port, replica.url);
    return demoted(store.url);
  },
};

/** Whether a server takes no writes: it is a replica. */
const demoted = (url: string | undefined): Promise<boolean> =>
  withRedis(url, async redis => /role:slave/.test(await redis.info('replication')));

/** Writes wait until the replica has all there is; then the two change places. */
async function handOver(url: string | undefined, to: number, other: string | undefined): Promise<void> {
  const what = `the Redis on port ${to} to take over`;
  // Refused until the primary has heard of the replica that it is in sync.
  const asked = async () => {
    await withRedis(url, redis => redis.call('FAILOVER', 'TO', '127.0.0.1', to, 'TIMEOUT', SWITCH.withinMs));
    return true;
  };
  await until(asked, { ...SWITCH, what });
  await until(async () => (await demoted(url)) && !(await demoted(other)), { ...SWITCH, what });
}
