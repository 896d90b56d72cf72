/** A failover to a replica that lags behind: the last acknowledged writes are lost. */
import { ProxyLink } from '../../stack/link.ts';
import { type RedisServer, startRedis } from '../../stack/redis.ts';
import { until } from '../../stack/wait.ts';
import type { Fault } from './fault.ts';
import { inSync, lacksRedis, openRedis, withRedis } from './redis.ts';
import { lacksLink } from './store-link.ts';

/** Delay of the data on its way to the replica, milliseconds. */
const LAG_MS = 800;
const SYNC = { withinMs: 15_000, everyMs: 20 };

export const storeFailover: Fault = {
  name: 'store-failover',
  part: 'store',
  does: `the primary is killed, and a replica that lags ${LAG_MS} ms behind takes its place`,
  loses: true,
  linked: true,
  lacks: stack => lacksRedis(stack) ?? lacksLink(stack),
  async inject({ stack, undo, last }) {
    const { store } = stack;
    const link = await stack.link?.(store.name);
    const primaryPort = Number(new URL(store.url ?? '').port);
    if (link === undefined) return false;
    const lag = new ProxyLink(primaryPort);
    undo(() => lag.close());
    await lag.open();
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(lag.port)] });
    undo(() => replica.dispose());
    await inSync(replica.url);
    lag.slow(LAG_MS);
    await last(2 * LAG_MS);
    undo(async () => {
      await store.restart();
      await handBack(store.url, primaryPort, replica);
      await link.lead(primaryPort);
    });
    await store.kill();
    lag.cut();
    await withRedis(replica.url, redis => redis.replicaof('NO', 'ONE'));
    await link.lead(replica.port);
    return !store.running();
  },
};

/** Makes the old primary the primary again, with all data of the new primary. Writes wait during the switch. */
async function handBack(url: string | undefined, port: number, from: RedisServer): Promise<void> {
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
