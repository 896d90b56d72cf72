import { ProxyLink } from '../../stack/link.ts';
import type { Beside } from '../../stack/local.ts';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { inSync } from '../../verify/faults/redis.ts';

/** Starts a Redis replica that is `lagMs` ms late. Instances find its address in REPLICA_URL. */
export function laggingReplica(lagMs: number): (store: BackingServer) => Promise<Beside> {
  return async store => {
    const link = new ProxyLink(store.port);
    await link.open();
    const args = ['--replicaof', '127.0.0.1', String(link.port), '--appendonly', 'no'];
    let replica: BackingServer | undefined;
    const stop = () => (replica?.dispose() ?? Promise.resolve()).finally(() => link.refuse());
    try {
      replica = await startRedis({ args });
      await inSync(replica.url);
      link.disturb({ delayMs: lagMs });
      return { env: { REPLICA_URL: replica.url }, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  };
}
