/** The one connection of an instance to Redis: it answers in time or fails, and heals by itself. */
import { type Command, Redis, type RedisOptions } from 'ioredis';
import type { Config } from './config.ts';

/**
 * Connects in the background; commands fail at once while there is no connection.
 * Every command is bounded by `storeTimeoutMs`. Connection errors go to `onError`, one for each failed attempt.
 */
export function connectRedis(
  config: Pick<Config, 'storeTimeoutMs' | 'redisUrl' | 'redisSentinels' | 'redisPrimary'>,
  onError: (error: Error) => void,
): Redis {
  const { storeTimeoutMs: timeoutMs, redisUrl, redisSentinels: sentinels, redisPrimary } = config;
  const options: RedisOptions = {
    connectTimeout: timeoutMs,
    // A command that waits for Redis to come back keeps its user waiting too: refuse it instead.
    enableOfflineQueue: false,
    // A command cut off by a lost connection may have run. Sending it again could buy a card twice.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: attempts => Math.min((attempts - 1) * 50, 500),
    reconnectOnError: leavesReplicas(),
  };
  if (sentinels.length > 0)
    Object.assign(options, {
      ...{ sentinels: [...sentinels], name: redisPrimary },
      // Told of a new primary, it leaves the old one, which may go on for a while and lose all that it takes.
      failoverDetector: true,
      sentinelRetryStrategy: (attempts: number) => Math.min(attempts * 50, 500),
    });
  const redis = new BoundedRedis(redisUrl, options, timeoutMs);
  redis.on('error', onError);
  leaveBlackHoles(redis, timeoutMs);
  return redis;
}

/**
 * Gives up a command that is not answered in time. (After a while in which the process did not run, ioredis'
 * commandTimeout refuses commands whose replies are there, for Node runs timers before it reads.)
 */
class BoundedRedis extends Redis {
  readonly #timeoutMs: number;

  constructor(url: string, options: RedisOptions, timeoutMs: number) {
    super(url, options);
    this.#timeoutMs = timeoutMs;
  }

  override sendCommand(command: Command, ...rest: unknown[]): unknown {
    const late = (): void => command.reject(new Error('Command timed out'));
    const timer = setTimeout(() => setImmediate(late), this.#timeoutMs);
    // Not by its promise: whoever forgets to look at a failure would not be told of it any more.
    const settles =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        clearTimeout(timer);
        settle(value);
      };
    command.resolve = settles(command.resolve);
    command.reject = settles(command.reject);
    return super.sendCommand(command, ...(rest as []));
  }
}

/** Between two attempts to leave a Redis that takes no writes, milliseconds. */
const LEAVE_EVERY_MS = 250;

/**
 * A primary that was made a replica keeps its connections, and refuses each write: the new primary is found by dialling
 * again. Not at every refusal: where there is no other, reads would fail as well.
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

/**
 * A peer that vanished without a word (power, firewall) leaves a connection that looks open for many
 * minutes. An unanswered PING means such a connection: drop it and dial again.
 * (ioredis' socketTimeout would do, but its timer outlives the connection and cuts the next, healthy one.)
 */
function leaveBlackHoles(redis: Redis, timeoutMs: number): void {
  const beat = setInterval(() => {
    if (redis.status !== 'ready') return;
    redis.ping().catch(() => {
      if (redis.status === 'ready') redis.disconnect(true);
    });
  }, timeoutMs);
  beat.unref();
  redis.once('end', () => clearInterval(beat));
}
