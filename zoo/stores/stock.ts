/** Options of connect-redis as in the web shop (the card store). Several defects change one of them. */

import type { SessionData } from 'express-session';
import type { Config } from '../../app/config.ts';
import type { RedisClient } from '../../app/redis.ts';
import { secondsLeft } from '../../app/session.ts';

export function stockOptions(config: Config, client: RedisClient) {
  const ttl = (data: SessionData) => Math.ceil(secondsLeft(data, config));
  return { client, prefix: 'baton:stock-session:', ttl };
}

/** Returns a deep copy of the session. */
export function copyOf(data: SessionData): SessionData {
  return JSON.parse(JSON.stringify(data));
}

export type Got = (error: unknown, data?: SessionData | null) => void;
export type Done = (error?: unknown) => void;
