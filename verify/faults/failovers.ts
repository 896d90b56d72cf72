/** Faults in which a Redis replica takes over from the primary: planned, or after a kill. */

import { ProxyLink } from '../../stack/link.ts';
import { openRedis, withRedis } from '../../stack/redis-connection.ts';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { until } from '../../stack/wait.ts';
import type { StackFault, Stage } from './fault.ts';
import { inSync, lacksRedis } from './redis.ts';
import { lacksLink } from './store-link.ts';

/** Delay of the data that the primary sends to the replica, in the fault `store-failover`, milliseconds. */
const LAG_MS = 800;
/**
 * Time for which the replica gets no data before it becomes the primary, in the fault `store-old-copy`, milliseconds.
 */
const OLD_MS = 4_000;
const SYNC = { withinMs: 15_000, everyMs: 20 };

/**
 * Returns a fault that kills the primary, and promotes a replica without the last writes.
 *
 * @param fallBehind delays or stops the replication through the proxy `lag` while clients write
 */
function failoverTo(
  { name, does }: Pick<StackFault, 'name' | 'does'>,
  fallBehind: (lag: ProxyLink, stage: Stage) => Promise<void>,
): StackFault {
  return {
    name,
    does,
    part: 'store',
    loses: true,
    linked: true,
    lacks: stack => lacksRedis(stack) ?? lacksLink(stack),
    async inject(stage) {
      const { stack, undo } = stage;
      const { store } = stack;
      const link = await stack.link?.(store.name);
      const primaryPort = Number(new URL(store.url ?? '').port);
      if (link === undefined) return false;
      const lag = new ProxyLink(primaryPort);
      undo(() => lag.refuse());
      await lag.open();
      const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(lag.port)] });
      undo(() => replica.dispose());
      await inSync(replica.url);
      await fallBehind(lag, stage);
      undo(async () => {
        await store.restart();
        await handBack(store.url, primaryPort, replica);
        link.lead(primaryPort);
        link.cut();
      });
      await store.kill();
      lag.cut();
      await withRedis(replica.url, redis => redis.replicaof('NO', 'ONE'));
      link.lead(replica.port);
      link.cut();
      return !store.running();
    },
  };
}

export const storeFailover = failoverTo(
  {
    name: 'store-failover',
    does: `the primary is killed, and a replica with data that is ${LAG_MS} ms old takes its place`,
  },
  async (lag, { wait }) => {
    lag.disturb({ delayMs: LAG_MS });
    await wait(2 * LAG_MS);
  },
);

export const storeOldCopy = failoverTo(
  {
    name: 'store-old-copy',
    does: `the primary is killed, and a replica that got no data for ${OLD_MS / 1_000} s takes its place`,
  },
  async (lag, { wait }) => {
    lag.disturb({ held: true });
    await wait(OLD_MS);
  },
);

/**
 * Copies all data of the current primary to the old one, and makes the old one the primary again. Writes wait during
 * the switch.
 */
async function handBack(url: string | undefined, port: number, from: BackingServer): Promise<void> {
  const [old, current] = [await openRedis(url), await openRedis(from.url)];
  try {
    await old.replicaof('127.0.0.1', from.port);
    const offset = async (redis: typeof old, name: string): Promise<string | undefined> =>
      new RegExp(`${name}:(\\d+)`).exec(await redis.info('replication'))?.[1];
    const up = async () => /master_link_status:up/.test(await old.info('replication'));
    await until(up, { ...SYNC, what: `the primary on port ${port} to be in sync` });
    await current.client('PAUSE', 5_000, 'WRITE');
    const equal = async () =>
      (await offset(old, 'slave_repl_offset')) === (await offset(current, 'master_repl_offset'));
    await until(equal, { ...SYNC, what: `the primary on port ${port} to have every write` });
    await old.replicaof('NO', 'ONE');
  } finally {
    old.disconnect();
    current.disconnect();
  }
}

const SWITCH = { withinMs: 15_000, everyMs: 20 };
/** Duration of the fault `store-demoted`, milliseconds. It is long enough for clients to write to the old primary. */
const DEMOTED_MS = 3_000;

export const storeDemoted: StackFault = {
  name: 'store-demoted',
  part: 'store',
  does: 'a planned failover: a replica takes over, and the old primary becomes its replica and keeps its connections',
  linked: true,
  lasts: () => DEMOTED_MS,
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
      link.lead(port);
      link.cut();
    });
    // New connections of the instances go to the replica, which becomes the primary.
    link.lead(replica.port);
    await handOver(store.url, replica.port, replica.url);
    return demoted(store.url);
  },
};

const demoted = (url: string | undefined): Promise<boolean> =>
  withRedis(url, async redis => /role:slave/.test(await redis.info('replication')));

async function handOver(url: string | undefined, to: number, other: string | undefined): Promise<void> {
  const what = `the Redis on port ${to} to take over`;
  // Repeats FAILOVER, because Redis refuses it until the replica has reported that it is in sync.
  const asked = async () => {
    await withRedis(url, redis => redis.call('FAILOVER', 'TO', '127.0.0.1', to, 'TIMEOUT', SWITCH.withinMs));
    return true;
  };
  await until(asked, { ...SWITCH, what });
  await until(async () => (await demoted(url)) && !(await demoted(other)), { ...SWITCH, what });
}

function failoverBy(by: 'sentinel' | 'cluster', what: string, does: string): StackFault {
  return {
    name: `${by}-failover`,
    part: 'store',
    does,
    down: true,
    loses: true,
    lacks: ({ store }) => (store.failover?.by === by ? undefined : `${what}: STACK_REDIS=${by}`),
    async inject({ stack: { store }, undo, did }) {
      undo(() => store.restart());
      const from = performance.now();
      await store.kill();
      await store.failover?.done();
      did(`another primary after ${((performance.now() - from) / 1_000).toFixed(1)} s`);
      return true;
    },
  };
}

export const sentinelFailover = failoverBy(
  'sentinel',
  'Redis under Sentinel',
  'the primary is killed, Sentinel promotes a replica, and the instances learn of it from Sentinel',
);

export const clusterFailover = failoverBy(
  'cluster',
  'a Redis cluster',
  'one primary of the cluster is killed, its replica takes over, and the instances learn of it from the cluster',
);
