/** connect-redis as the card store uses it: what several defects change one thing of. */

import type { SessionData } from 'express-session';
import type { Redis } from 'ioredis';
import type { Config } from '../../app/config.ts';
import { secondsLeft } from '../../app/session.ts';

/** Options for a RedisStore over `client`. */
export function stockOptions(config: Config, client: Redis) {
  const ttl = (data: SessionData) => Math.ceil(secondsLeft(data, config));
  return { client, prefix: 'baton:stock-session:', ttl };
}

/** What is in the session now, apart from the object that a request goes on changing. */
export function copyOf(data: SessionData): SessionData {
  return JSON.parse(JSON.stringify(data));
}

export type Got = (error: unknown, data?: SessionData | null) => void;
export type Done = (error?: unknown) => void;
