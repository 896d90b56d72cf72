/** Starts a replica that lags behind the store. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import type { Beside } from '../../stack/local.ts';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { until } from '../../stack/wait.ts';

/** Starts a replica that gets all changes `lagMs` milliseconds late. Instances find its address in REPLICA_URL. */
export function laggingReplica(lagMs: number): (store: BackingServer) => Promise<Beside> {
  return async store => {
    const link = await slowLink(store.port, lagMs);
    try {
      const replica = await replicaOf(store, link.port);
      const stop = () => replica.dispose().finally(link.close);
      return { env: { REPLICA_URL: replica.url }, stop };
    } catch (error) {
      link.close();
      throw error;
    }
  };
}

/** Starts a replica that connects to its primary at `port`, and waits until the replica is in sync. */
async function replicaOf(store: BackingServer, port: number): Promise<BackingServer> {
  const primary = new Redis(store.url);
  const args = ['--replicaof', '127.0.0.1', String(port), '--appendonly', 'no'];
  const replica = await startRedis({ args });
  try {
    const inSync = async () => /state=online/.test(await primary.info('replication'));
    await until(inSync, { withinMs: 10_000, what: 'the replica to be in sync' });
    return replica;
  } catch (error) {
    await replica.dispose();
    throw error;
  } finally {
    primary.disconnect();
  }
}

/** Starts a proxy for the server at `port`. Data from the server is delayed by `lagMs`, data to the server is not. */
async function slowLink(port: number, lagMs: number): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far);
    far.on('data', chunk => setTimeout(() => near.write(chunk), lagMs));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
