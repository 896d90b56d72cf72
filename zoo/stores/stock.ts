/** Options of connect-redis as in the web shop (the card store). Several defects of the zoo change one of them. */

import type { SessionData } from 'express-session';
import type { Config } from '../../app/config.ts';
import type { RedisClient } from '../../app/redis.ts';
import { secondsLeft } from '../../app/session.ts';

/** Returns the options of a connect-redis store that uses this Redis client. */
export function stockOptions(config: Config, client: RedisClient) {
  const ttl = (data: SessionData) => Math.ceil(secondsLeft(data, config));
  return { client, prefix: 'baton:stock-session:', ttl };
}

/** Returns a copy of the session. Later changes to the original do not change the copy. */
export function copyOf(data: SessionData): SessionData {
  return JSON.parse(JSON.stringify(data));
}

export type Got = (error: unknown, data?: SessionData | null) => void;
export type Done = (error?: unknown) => void;
