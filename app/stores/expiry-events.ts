/**
 * Tells which sessions Redis ended because their time was over. Redis says so only where its owner has set
 * `notify-keyspace-events` to `Ex` or more (on ElastiCache in the parameter group): this never sets it, for managed
 * services refuse CONFIG, and it is the owner's to decide.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface ExpiryEventsOptions {
  /** Asked to make a key that expires; events come over a connection of their own. */
  client: Redis;
  /** Of the keys of sessions. */
  prefix: string;
  /** Takes the session's id. Told on every instance, since Redis tells all; not at all while disconnected. */
  onExpired: (sid: string) => void;
  /** Called once: whether Redis tells of a key that has expired. */
  onKnown: (told: boolean) => void;
}

/** How long an event may take to arrive, milliseconds. */
const PATIENCE_MS = 2_000;

/** Between two attempts to find out, milliseconds. */
const AGAIN_MS = 1_000;

/** Subscribes in the background. Returns what ends it. */
export function followExpiry(options: ExpiryEventsOptions): () => void {
  const { client, prefix } = options;
  const subscriber = client.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null });
  const probe = `${prefix}probe:${randomUUID()}`;
  const heard = Promise.withResolvers<void>();
  subscriber.on('error', () => {}); // It dials again by itself; the app's own connection tells of the trouble.
  subscriber.on('message', (_channel, key) => {
    if (key === probe) heard.resolve();
    // The braces of redis-locked are no part of the id; its locks and other programs' keys are no sessions.
    const sid = /^\{?([\w-]+)\}?$/.exec(key.startsWith(prefix) ? key.slice(prefix.length) : '')?.[1];
    if (sid !== undefined) options.onExpired(sid);
  });
  const ended = new AbortController();
  const told = async () => {
    await subscriber.subscribe(`__keyevent@${client.options.db ?? 0}__:expired`);
    return tells(client, probe, heard.promise);
  };
  const ask = async () => {
    while (!ended.signal.aborted) {
      try {
        return options.onKnown(await told());
      } catch {
        // Redis was away, or slow: whether it tells is seen when it is back.
        await delay(AGAIN_MS, undefined, { ref: false });
      }
    }
  };
  void ask();
  return () => {
    ended.abort();
    subscriber.disconnect();
  };
}

/** Whether the end of a key is told. */
async function tells(client: Redis, probe: string, heard: Promise<void>): Promise<boolean> {
  await client.set(probe, '', 'PX', 1);
  // Looking for it makes Redis see that it has expired.
  while ((await client.exists(probe)) === 1) await new Promise(setImmediate);
  const tooLate = Promise.withResolvers<false>();
  const timer = setTimeout(() => tooLate.resolve(false), PATIENCE_MS);
  timer.unref();
  const told = await Promise.race([heard.then(() => true), tooLate.promise]);
  clearTimeout(timer);
  return told;
}
