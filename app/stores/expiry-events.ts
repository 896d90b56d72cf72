/**
 * Reports the sessions that expire in Redis. Requires that Redis' setting `notify-keyspace-events` contains `E` and
 * `x`; the app never changes it, because managed services refuse CONFIG.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface ExpiryEventsOptions {
  /** Connection that creates a test key, whose expiry shows whether Redis reports expired keys. */
  client: Redis;
  /** Prefix of the Redis keys of sessions. */
  prefix: string;
  /** Called on every connected instance, with the id of the expired session. */
  onExpired: (sid: string) => void;
  /** Called once it is known whether Redis reports expired keys. */
  onKnown: (reported: boolean) => void;
}

const EVENT_TIMEOUT_MS = 2_000;

const RETRY_MS = 1_000;

/** Subscribes in the background. Returns a function that ends the subscription. */
export function followExpiry(options: ExpiryEventsOptions): () => void {
  const { client, prefix } = options;
  const subscriber = client.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null });
  const probe = `${prefix}probe:${randomUUID()}`;
  const heard = Promise.withResolvers<void>();
  subscriber.on('error', () => {}); // The subscriber reconnects by itself; the app's own connection reports the error.
  subscriber.on('message', (_channel, key) => {
    if (key === probe) heard.resolve();
    // The pattern accepts braces, which redis-locked puts around the session id. It rejects the keys of locks.
    const sid = /^\{?([\w-]+)\}?$/.exec(key.startsWith(prefix) ? key.slice(prefix.length) : '')?.[1];
    if (sid !== undefined) options.onExpired(sid);
  });
  const ended = new AbortController();
  const findOut = async () => {
    await subscriber.subscribe(`__keyevent@${client.options.db ?? 0}__:expired`);
    return reportsExpiry(client, probe, heard.promise);
  };
  const retry = async () => {
    while (!ended.signal.aborted) {
      try {
        return options.onKnown(await findOut());
      } catch {
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
  };
  void retry();
  return () => {
    ended.abort();
    subscriber.disconnect();
  };
}

async function reportsExpiry(client: Redis, probe: string, heard: Promise<void>): Promise<boolean> {
  await client.set(probe, '', 'PX', 1);
  // Redis may notice an expired key only when a client accesses the key.
  while ((await client.exists(probe)) === 1) await new Promise(setImmediate);
  const timedOut = Promise.withResolvers<false>();
  const timer = setTimeout(() => timedOut.resolve(false), EVENT_TIMEOUT_MS);
  timer.unref();
  const reported = await Promise.race([heard.then(() => true), timedOut.promise]);
  clearTimeout(timer);
  return reported;
}
