/**
 * Connects an instance to Redis: to one server, to the primary that sentinels name, or to a cluster. Every command ends
 * within a timeout, and connections recover by themselves. No command is sent to a replica.
 */
import { type ChainableCommander, Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Config } from './config.ts';
import { limitCommands } from './deadline.ts';
import { confirmed } from './failures.ts';
import type { RedisLogin } from './redis-login.ts';

/** A connection to one server or to a cluster, in which all keys of a command or script must be in one slot. */
export type RedisClient = Redis | Cluster;

type Settings = Pick<
  Config,
  'storeTimeoutMs' | 'redisUrl' | 'redisCluster' | 'redisSentinels' | 'redisPrimary'
>;

/**
 * Connects in the background. Commands fail at once while there is no connection, and after `storeTimeoutMs` without a
 * reply. Connection errors go to `onError`, one for each failed attempt.
 *
 * @param login gives passwords that change; without it, the password is in the URL
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
    // Without a connection, commands fail at once. A queued command would keep its user waiting.
    enableOfflineQueue: false,
    retryStrategy: retryMs,
    reconnectOnError: leavesReplicas(),
  };
  if (sentinels.length > 0)
    Object.assign(options, {
      ...{ sentinels: [...sentinels], name: redisPrimary },
      // Closes the connection to an old primary when the sentinels name a new one. The old one may still accept writes,
      // which would be lost.
      failoverDetector: true,
      sentinelRetryStrategy: (attempts: number) => Math.min(attempts * 50, 500),
    });
  const redis = new Redis(redisUrl, { ...options, lazyConnect: true });
  redis.on('error', onError);
  open(redis, timeoutMs, login);
  return redis;
}

const retryMs = (attempts: number): number => Math.min((attempts - 1) * 50, 500);

/** Returns the options of every connection. */
const nodeOptions = (timeoutMs: number): RedisOptions => ({
  connectTimeout: timeoutMs,
  // A command that lost its connection may have run. Resending it could buy a card twice.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
});

/**
 * Interval between two updates of the list of servers and their slots, milliseconds. An update also finds a
 * lost server that is back.
 */
const REFRESH_MS = 5_000;

/**
 * Connects to a cluster. The URL gives user, password and TLS. Names of servers are not resolved here, because
 * certificates contain the names, not the addresses. ElastiCache Serverless has one name for all slots.
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
    // The ready check is off, because it sends a command before the connection is open.
    enableReadyCheck: false,
    // Never resends a command that may have run. A command that a server has refused (MOVED, ASK, TRYAGAIN)
    // is sent again.
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

/** Waits until Redis replies. In a cluster, the reply of one primary is enough. Throws if there is no reply. */
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

/** Sends a pipeline and returns its results in order. Throws StoreUnavailable with the first error among them. */
export async function executed(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await confirmed(pipeline.exec())) ?? [];
  const [error] = results.find(([error]) => error) ?? [];
  if (error) await confirmed(Promise.reject(error));
  return results.map(([, result]) => result);
}

/** Minimum time between two reconnections that look for a Redis that accepts writes, milliseconds. */
const LEAVE_EVERY_MS = 250;

/**
 * Returns a function that decides after an error whether to reconnect. A primary that became a replica keeps its
 * connections and refuses each write, and a new connection finds the new primary. Does not reconnect after every
 * refusal: without any primary, reads would then fail too.
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
  bound(redis, timeoutMs);
  login?.use(redis);
  redis.connect().catch(() => {}); // the event `error` reports the failure
}

/**
 * Ends each command of a connection after `timeoutMs`, and ends the connection if Redis does not reply to a PING. If a
 * server vanishes without closing its connections (power, firewall), a connection looks open for many minutes. ioredis'
 * socketTimeout is not used: its timer outlives the connection, and cuts the next connection, which is healthy.
 */
function bound(redis: Redis, timeoutMs: number): void {
  limitCommands(redis, timeoutMs);
  const beat = setInterval(() => {
    if (redis.status !== 'ready') return;
    redis.ping().catch(() => {
      if (redis.status === 'ready') redis.disconnect(true);
    });
  }, timeoutMs);
  beat.unref();
  redis.once('end', () => clearInterval(beat));
}
