/**
 * Connects an instance to Redis by one connection. Every command ends within a timeout, and the connection recovers
 * by itself.
 */
import { type ChainableCommander, type Command, Redis, type RedisOptions } from 'ioredis';
import type { Config } from './config.ts';
import { confirmed } from './failures.ts';

/**
 * Connects in the background. Commands fail at once while there is no connection, and after `storeTimeoutMs` without a
 * reply. Connection errors go to `onError`, one for each failed attempt.
 */
export function connectRedis(
  config: Pick<Config, 'storeTimeoutMs' | 'redisUrl' | 'redisSentinels' | 'redisPrimary'>,
  onError: (error: Error) => void,
): Redis {
  const { storeTimeoutMs: timeoutMs, redisUrl, redisSentinels: sentinels, redisPrimary } = config;
  const options: RedisOptions = {
    connectTimeout: timeoutMs,
    // Without a connection, commands fail at once. A queued command would keep its user waiting.
    enableOfflineQueue: false,
    // A command that lost its connection may have run. Resending it could buy a card twice.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: attempts => Math.min((attempts - 1) * 50, 500),
    reconnectOnError: leavesReplicas(),
  };
  if (sentinels.length > 0)
    Object.assign(options, {
      ...{ sentinels: [...sentinels], name: redisPrimary },
      // Leaves the old primary when the sentinels name a new one. For some time the old primary may accept writes,
      // which are then lost.
      failoverDetector: true,
      sentinelRetryStrategy: (attempts: number) => Math.min(attempts * 50, 500),
    });
  const redis = new BoundedRedis(redisUrl, options, timeoutMs);
  redis.on('error', onError);
  leaveBlackHoles(redis, timeoutMs);
  return redis;
}

/** Sends a pipeline and returns its results in order. Throws StoreUnavailable with the first error among them. */
export async function executed(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await confirmed(pipeline.exec())) ?? [];
  const [error] = results.find(([error]) => error) ?? [];
  if (error) await confirmed(Promise.reject(error));
  return results.map(([, result]) => result);
}

/**
 * Rejects a command that gets no reply within the timeout. The commands of one pipeline share one timer. The option
 * commandTimeout of ioredis is not used. After a pause of the process it rejects commands whose replies have arrived,
 * because Node runs timers before it reads sockets.
 */
class BoundedRedis extends Redis {
  readonly #timeoutMs: number;
  readonly #pipelines = new WeakMap<object, Deadline>();

  constructor(url: string, options: RedisOptions, timeoutMs: number) {
    super(url, options);
    this.#timeoutMs = timeoutMs;
  }

  override sendCommand(command: Command, ...rest: unknown[]): unknown {
    this.#deadlineOf(rest[0]).bind(command);
    return super.sendCommand(command, ...(rest as []));
  }

  /** Returns the deadline of a pipeline: ioredis passes the same `pipeline` object with each command. */
  #deadlineOf(pipeline: unknown): Deadline {
    if (typeof pipeline !== 'object' || pipeline === null || !('isPipeline' in pipeline))
      return new Deadline(this.#timeoutMs);
    const known = this.#pipelines.get(pipeline) ?? new Deadline(this.#timeoutMs);
    this.#pipelines.set(pipeline, known);
    return known;
  }
}

/** Rejects those of its commands that have no reply after the timeout. */
class Deadline {
  readonly #timeoutMs: number;
  readonly #open = new Set<Command>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  bind(command: Command): void {
    // Rejects one step of the event loop later, so that replies that have arrived are read first.
    if (this.#open.size === 0)
      this.#timer = setTimeout(() => setImmediate(() => this.#reject()), this.#timeoutMs);
    this.#open.add(command);
    // Wraps the command's two callbacks, not its promise. A `then` on the promise would hide a rejection that no
    // caller handles.
    const settles =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        this.#open.delete(command);
        if (this.#open.size === 0) clearTimeout(this.#timer);
        settle(value);
      };
    command.resolve = settles(command.resolve);
    command.reject = settles(command.reject);
  }

  #reject(): void {
    for (const command of [...this.#open]) command.reject(new Error('Command timed out'));
  }
}

/** Minimum time between two attempts to leave a Redis that accepts no writes, milliseconds. */
const LEAVE_EVERY_MS = 250;

/**
 * Returns a function that decides whether to reconnect after an error. A primary that became a replica keeps its
 * connections and refuses each write; a new connection finds the new primary. It does not reconnect after every
 * refusal: while there is no other primary, reads would fail too.
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
 * Reconnects if Redis does not reply to a PING. A server that vanished without closing (power, firewall) leaves a
 * connection that looks open for many minutes. ioredis' socketTimeout is not used: its timer outlives the connection
 * and cuts the next, healthy one.
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
