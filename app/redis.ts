/**
 * Connects an instance to Redis: to one server, to the primary that sentinels name, or to a cluster. Limits the time of
 * every command. Reconnects after a lost connection. Sends no command to a replica.
 */
import { type ChainableCommander, Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Config } from './config.ts';
import { limitCommands } from './deadline.ts';
import { confirmed } from './failures.ts';
import type { RedisLogin } from './redis-login.ts';

/**
 * A connection to one server or to a cluster. With a cluster, all keys of one command or script must be in one slot.
 */
export type RedisClient = Redis | Cluster;

type Settings = Pick<
  Config,
  'storeTimeoutMs' | 'redisUrl' | 'redisCluster' | 'redisSentinels' | 'redisPrimary'
>;

/**
 * Connects to Redis in the background. Commands fail at once while there is no connection, and after `storeTimeoutMs`
 * without a reply. Calls `onError` with the error of each failed connection attempt.
 *
 * @param login supplies passwords that change; absent if the password is in the URL
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
    // Makes commands fail at once without a connection. If ioredis queued a command, the user would have to wait.
    enableOfflineQueue: false,
    retryStrategy: retryMs,
    reconnectOnError: leavesReplicas(),
  };
  if (sentinels.length > 0)
    Object.assign(options, {
      ...{ sentinels: [...sentinels], name: redisPrimary },
      // Closes the connection to an old primary when the sentinels name a new primary. The old primary may still accept
      // writes, but these writes would be lost.
      failoverDetector: true,
      sentinelRetryStrategy: (attempts: number) => Math.min(attempts * 50, 500),
      // Asks the next sentinel if one accepts connections and does not reply.
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

/** Time after which a client connects again that ioredis has given up, milliseconds. */
const RECONNECT_MS = 50;

/**
 * A client that only `disconnect()` closes. ioredis gives up a client for ever if a sentinel reports a new primary
 * while the client asks a sentinel for the primary: `failoverDetector` then aborts the new connection.
 */
class PersistentRedis extends Redis {
  closed = false;

  override disconnect(reconnect = false): void {
    this.closed ||= !reconnect;
    super.disconnect(reconnect);
  }
}

const retryMs = (attempts: number): number => Math.min((attempts - 1) * 50, 500);

/** Returns the ioredis options that all connections share. */
const nodeOptions = (timeoutMs: number): RedisOptions => ({
  connectTimeout: timeoutMs,
  // Never resends a command whose connection was lost. Redis may have run the command, and a second run could buy a
  // card twice.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
});

/**
 * Interval at which ioredis reads the list of cluster servers and their slots again, milliseconds. So ioredis also
 * finds a server that was lost and has come back.
 */
const REFRESH_MS = 5_000;

/**
 * Connects to a Redis cluster. The URL gives user, password and TLS. Does not resolve the host names of servers here,
 * because certificates contain the names, not the addresses. ElastiCache Serverless has one name for all slots.
 */
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
    // Turns off ioredis' ready check, because the check sends a command before the connection is open.
    enableReadyCheck: false,
    // Never resends a command that Redis may have run. Resends a command that a server has refused (MOVED, ASK,
    // TRYAGAIN).
    ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 },
    slotsRefreshInterval: REFRESH_MS,
    slotsRefreshTimeout: timeoutMs,
    clusterRetryStrategy: retryMs,
  } as const;
  const cluster = new Cluster([...redisCluster], options);
  cluster.on('error', onError);
  cluster.on('node error', onError);
  // Connects to replicas too, so that a replica that becomes the primary already has a connection.
  cluster.on('+node', (node: Redis) => open(node, timeoutMs, login));
  return cluster;
}

/** Waits until Redis replies. For a cluster, waits for the reply of one primary. Throws if there is no reply. */
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

/**
 * Sends a pipeline and returns the results of its commands in order. If commands fail, throws StoreUnavailable with the
 * first error.
 */
export async function executed(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await confirmed(pipeline.exec())) ?? [];
  const [error] = results.find(([error]) => error) ?? [];
  if (error) await confirmed(Promise.reject(error));
  return results.map(([, result]) => result);
}

/** Minimum time between two reconnections after refused writes, milliseconds. */
const LEAVE_EVERY_MS = 250;

/**
 * Returns a function that decides, after an error, whether to reconnect. After a failover, the old primary is a
 * replica: it keeps its connections but refuses each write, and only a new connection finds the new primary. Does not
 * reconnect after every refused write, because reads would then fail too while there is no primary.
 */
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
 * Sends a PING at the interval `timeoutMs`, and reconnects if Redis does not reply. Without the PING, a connection to a
 * server that vanished (power, firewall) looks open for many minutes. Does not use ioredis' socketTimeout: its timer
 * outlives the connection, and cuts the next connection, which is healthy.
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
