/** Connects an instance to a single Redis server, to the primary that sentinels name, or to a cluster. */
import { type ChainableCommander, Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Config } from './config.ts';
import { limitCommands } from './deadline.ts';
import { confirmed } from './failures.ts';
import type { RedisLogin } from './redis-login.ts';

/** A Redis client. In a cluster, all keys of one command or script must be in one slot. */
export type RedisClient = Redis | Cluster;

type Settings = Pick<
  Config,
  'storeTimeoutMs' | 'redisUrl' | 'redisCluster' | 'redisSentinels' | 'redisPrimary'
>;

/**
 * Connects in the background. Commands fail at once without a connection, and after `storeTimeoutMs` without a reply.
 * Calls `onError` with each connection error.
 * @param login supplies a password that changes; absent if the URL contains the password
 */
export function connectRedis(
  config: Settings,
  onError: (error: Error) => void,
  login?: RedisLogin,
): RedisClient {
  const { storeTimeoutMs: timeoutMs, redisUrl, redisSentinels: sentinels, redisPrimary } = config;
  if (config.redisCluster.length > 0) return connectCluster(config, onError, login);
  const options: RedisOptions = {
    ...nodeOptions(timeoutMs),
    // Fails commands at once while there is no connection. A queue of commands would make the user wait.
    enableOfflineQueue: false,
    retryStrategy: retryMs,
    reconnectOnError: leavesReplicas(),
  };
  if (sentinels.length > 0)
    Object.assign(options, {
      sentinels: [...sentinels],
      name: redisPrimary,
      // Leaves an old primary after a failover. Redis would lose all writes to the old primary.
      failoverDetector: true,
      sentinelRetryStrategy: (attempts: number) => Math.min(attempts * 50, 500),
      // Without this timeout, a sentinel that accepts connections but never replies would block ioredis.
      sentinelCommandTimeout: timeoutMs,
    });
  const redis = new PersistentRedis(redisUrl, { ...options, lazyConnect: true });
  redis.on('error', onError);
  redis.on('end', () => {
    if (!redis.closed) setTimeout(() => connect(redis, timeoutMs, login), RECONNECT_MS);
  });
  open(redis, timeoutMs, login);
  return redis;
}

const RECONNECT_MS = 50;

/** Always reconnects. ioredis itself stops if a sentinel reports a new primary during a connection attempt. */
class PersistentRedis extends Redis {
  closed = false;

  override disconnect(reconnect = false): void {
    this.closed ||= !reconnect;
    super.disconnect(reconnect);
  }
}

const retryMs = (attempts: number): number => Math.min((attempts - 1) * 50, 500);

const nodeOptions = (timeoutMs: number): RedisOptions => ({
  connectTimeout: timeoutMs,
  // Never resends a command whose connection was lost. Redis may have run it, so a retry could buy a card twice.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
});

/** Interval at which ioredis reads the list of the cluster's servers again, milliseconds. */
const REFRESH_MS = 5_000;

/** Connects by host name, not by IP address, because the certificates contain the host names. */
function connectCluster(
  config: Settings,
  onError: (error: Error) => void,
  login: RedisLogin | undefined,
): Cluster {
  const { storeTimeoutMs: timeoutMs, redisCluster } = config;
  const { username, password, protocol } = new URL(config.redisUrl);
  const redisOptions: RedisOptions = {
    ...nodeOptions(timeoutMs),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
  const options = {
    redisOptions,
    scaleReads: 'master',
    dnsLookup: (name: string, callback: (error: null, address: string) => void) => callback(null, name),
    enableOfflineQueue: false,
    // Turns off ioredis' ready check, which sends a command before the connection is open.
    enableReadyCheck: false,
    // Resends a command only if a server has refused it (MOVED, ASK, TRYAGAIN).
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: REFRESH_MS,
    slotsRefreshTimeout: timeoutMs,
    clusterRetryStrategy: retryMs,
  } as const;
  const cluster = new Cluster([...redisCluster], options);
  cluster.on('error', onError);
  cluster.on('node error', onError);
  // Connects to replicas too, because a replica may become the primary.
  cluster.on('+node', (node: Redis) => open(node, timeoutMs, login));
  return cluster;
}

/** Waits until Redis replies. In a cluster, waits for one primary. Throws if there is no reply. */
export async function ping(redis: RedisClient): Promise<void> {
  if (redis instanceof Redis) await redis.ping();
  else await Promise.any(redis.nodes('master').map(node => node.ping()));
}

/**
 * Waits until each primary of a cluster replies. Throws if a primary does not reply. Does nothing for a single server.
 */
export async function reachPrimaries(redis: RedisClient): Promise<void> {
  if (redis instanceof Cluster) await Promise.all(redis.nodes('master').map(node => node.ping()));
}

/** Returns the results of a pipeline. Throws StoreUnavailable with the first error if a command fails. */
export async function executed(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await confirmed(pipeline.exec())) ?? [];
  const [error] = results.find(([error]) => error) ?? [];
  if (error) await confirmed(Promise.reject(error));
  return results.map(([, result]) => result);
}

/** Minimum time between two reconnections after a refused write, milliseconds. */
const LEAVE_EVERY_MS = 250;

/** Reconnects if a write is refused: after a failover, only a new connection finds the new primary. */
function leavesReplicas(): (error: Error) => boolean {
  let left = Number.NEGATIVE_INFINITY;
  return ({ message }) => {
    const now = performance.now();
    if (!message.includes('READONLY') || now - left < LEAVE_EVERY_MS) return false;
    left = now;
    return true;
  };
}

function open(redis: Redis, timeoutMs: number, login: RedisLogin | undefined): void {
  limitCommands(redis, timeoutMs);
  connect(redis, timeoutMs, login);
}

function connect(redis: Redis, timeoutMs: number, login: RedisLogin | undefined): void {
  beat(redis, timeoutMs);
  login?.use(redis);
  redis.connect().catch(() => {}); // the event `error` reports the failure
}

/**
 * Pings Redis, because a connection to a vanished server looks open for many minutes. The timer of ioredis'
 * socketTimeout is unsuitable: it outlives its connection and closes the next one.
 */
function beat(redis: Redis, timeoutMs: number): void {
  const beat = setInterval(() => {
    if (redis.status !== 'ready') return;
    redis.ping().catch(() => {
      if (redis.status === 'ready') redis.disconnect(true);
    });
  }, timeoutMs);
  beat.unref();
  redis.once('end', () => clearInterval(beat));
}
