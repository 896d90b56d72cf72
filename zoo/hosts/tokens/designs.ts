/** Ways in which the JSON API with tokens replaces and ends refresh tokens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

interface Tokens {
  user: string;
  session: string;
  /** New refresh token; undefined if the client keeps its refresh token. */
  refresh?: string;
}

export interface Design {
  /** Begins a session at a login. */
  begin(user: string): Promise<Tokens>;
  /** Returns new tokens; undefined if the refresh token is refused. */
  renew(refresh: string): Promise<Tokens | undefined>;
  end(session: string, accessId: string): Promise<void>;
  /** Returns true if the app still accepts this access token. */
  allows(session: string, accessId: string): Promise<boolean>;
  /** True (a defect) if the app accepts expired access tokens. */
  readonly forgetsExpiry?: boolean;
}

/**
 * What the app does with a replaced refresh token. For `graceMs`, it returns `new` tokens, or the `same` tokens as at
 * the first refresh. Afterwards, it refuses the token and, if `ends` is true, ends the session.
 */
interface Rotation {
  graceMs: number;
  within: 'new' | 'same';
  ends: boolean;
}

/** Replaces a refresh token in one step. Returns user, session and new token; nil if the token is refused. */
const ROTATE = `
local token, new, grace, within, ends = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local session = redis.call('HGET', token, 'session')
local user = session and redis.call('GET', 'session:' .. session)
if not user then return nil end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local spent = redis.call('HGET', token, 'spent')
if spent and now - spent >= grace then
  if ends == 'true' then redis.call('DEL', 'session:' .. session) end
  return nil
end
if spent and within == 'same' then return { user, session, redis.call('HGET', token, 'next') } end
if not spent then redis.call('HSET', token, 'spent', string.format('%.0f', now), 'next', new) end
redis.call('HSET', 'token:' .. new, 'session', session)
return { user, session, new }`;

async function rotate(
  redis: Redis,
  token: string,
  { graceMs, within, ends }: Rotation,
): Promise<Tokens | undefined> {
  const args = [`token:${token}`, randomUUID(), graceMs, within, String(ends)];
  const [user, session, refresh] = ((await redis.eval(ROTATE, 1, ...args)) ?? []) as string[];
  return user === undefined || session === undefined || refresh === undefined
    ? undefined
    : { user, session, refresh };
}

async function begun(redis: Redis, user: string): Promise<Required<Tokens>> {
  const tokens = { user, session: randomUUID(), refresh: randomUUID() };
  await redis.set(`session:${tokens.session}`, user);
  await redis.hset(`token:${tokens.refresh}`, 'session', tokens.session);
  return tokens;
}

/** @param parts methods that override those of this design */
const rotating = (redis: Redis, rotation: Rotation, parts: Partial<Design> = {}): Design => ({
  begin: user => begun(redis, user),
  renew: token => rotate(redis, token, rotation),
  end: async session => void (await redis.del(`session:${session}`)),
  allows: async () => true,
  ...parts,
});

/** Returns the same new tokens to all concurrent refreshes with one token. */
async function once(
  redis: Redis,
  token: string,
  lockMs: number,
  make: () => Promise<Tokens | undefined>,
  keepMs: number,
) {
  const lock = `lock:${token}`;
  while ((await redis.set(lock, '1', 'PX', lockMs, 'NX')) !== 'OK') await sleep(10);
  try {
    const made = await redis.get(`made:${token}`);
    if (made === null) {
      const tokens = await make();
      if (tokens !== undefined) await redis.set(`made:${token}`, JSON.stringify(tokens), 'PX', keepMs);
      return tokens;
    }
    // The session may have ended after another refresh created these tokens.
    const tokens: Tokens = JSON.parse(made);
    return (await redis.exists(`session:${tokens.session}`)) === 1 ? tokens : undefined;
  } finally {
    await redis.del(lock);
  }
}

type Make = (redis: Redis, graceMs: number) => Design;

export const DESIGNS: Readonly<Record<string, Make>> = {
  'grace-window': (redis, graceMs) => rotating(redis, { graceMs, within: 'new', ends: true }),
  'successor-replay': (redis, graceMs) => rotating(redis, { graceMs, within: 'same', ends: true }),
  'single-flight': (redis, graceMs) => {
    const single: Rotation = { graceMs: 0, within: 'new', ends: true };
    const make = (token: string) => () => rotate(redis, token, single);
    return rotating(redis, single, { renew: token => once(redis, token, 5_000, make(token), graceMs) });
  },
  'no-rotation': redis => ({
    ...rotating(redis, { graceMs: 0, within: 'new', ends: false }),
    renew: async token => {
      const session = (await redis.hget(`token:${token}`, 'session')) ?? '';
      const user = await redis.get(`session:${session}`);
      return user === null ? undefined : { user, session };
    },
    allows: async session => (await redis.exists(`session:${session}`)) === 1,
  }),

  'no-grace': redis => rotating(redis, { graceMs: 0, within: 'new', ends: true }),
  'short-lock': (redis, graceMs) => {
    const single: Rotation = { graceMs: 0, within: 'new', ends: true };
    // The defect: the lock expires after 100 ms, but the identity provider needs 300 ms to respond.
    const make = (token: string) => async () => {
      const tokens = await rotate(redis, token, single);
      await sleep(300);
      return tokens;
    };
    return rotating(redis, single, { renew: token => once(redis, token, 100, make(token), graceMs) });
  },
  'last-writer-wins': (redis, graceMs) =>
    rotating(redis, { graceMs, within: 'new', ends: false }, lastWriter(redis, graceMs)),
  'tokens-in-memory': () => inMemory(),
  'grace-in-memory': (redis, graceMs) => {
    const single: Rotation = { graceMs: 0, within: 'new', ends: true };
    const successors = new Map<string, Tokens>();
    return rotating(redis, single, {
      async renew(token) {
        const known = successors.get(token);
        if (known !== undefined) return known;
        const tokens = await rotate(redis, token, single);
        if (tokens !== undefined) successors.set(token, tokens);
        setTimeout(() => successors.delete(token), graceMs);
        return tokens;
      },
    });
  },
  'refuses-retries': redis => rotating(redis, { graceMs: 0, within: 'new', ends: false }),
  'never-spent': redis => rotating(redis, { graceMs: Number.MAX_SAFE_INTEGER, within: 'new', ends: false }),
  'logout-keeps-refresh-token': (redis, graceMs) =>
    rotating(redis, { graceMs, within: 'new', ends: true }, { end: async () => {} }),
  'revived-by-refresh': (redis, graceMs) =>
    rotating(
      redis,
      { graceMs, within: 'new', ends: true },
      {
        async renew(token) {
          const tokens = await rotate(redis, token, { graceMs, within: 'new', ends: true });
          await sleep(40);
          // The defect: writes the session back, although it may have ended.
          if (tokens !== undefined) await redis.set(`session:${tokens.session}`, tokens.user);
          return tokens;
        },
      },
    ),
  'reuse-keeps-session': (redis, graceMs) => rotating(redis, { graceMs, within: 'new', ends: false }),
  'revoked-on-one-instance': (redis, graceMs) => {
    const revoked = new Set<string>();
    return rotating(
      redis,
      { graceMs, within: 'new', ends: true },
      {
        async end(session) {
          revoked.add(session);
          await redis.del(`session:${session}`);
        },
        allows: async session => !revoked.has(session),
      },
    );
  },
  'expiry-not-checked': (redis, graceMs) =>
    rotating(redis, { graceMs, within: 'new', ends: true }, { forgetsExpiry: true }),
};

/** Keeps the last two tokens in one record. The defect: reads and writes the record in two steps. */
function lastWriter(redis: Redis, graceMs: number): Partial<Design> {
  return {
    async begin(user) {
      const tokens = await begun(redis, user);
      await redis.hset(`row:${tokens.session}`, 'current', tokens.refresh);
      return tokens;
    },
    async renew(token) {
      const session = (await redis.hget(`token:${token}`, 'session')) ?? '';
      const [user, row] = await Promise.all([
        redis.get(`session:${session}`),
        redis.hgetall(`row:${session}`),
      ]);
      const recent = token === row['previous'] && Date.now() - Number(row['at']) < graceMs;
      if (user === null || (token !== row['current'] && !recent)) return undefined;
      await sleep(150 * Math.random());
      const refresh = randomUUID();
      await redis.hset(`row:${session}`, {
        previous: row['current'] ?? '',
        current: refresh,
        at: Date.now(),
      });
      await redis.hset(`token:${refresh}`, 'session', session);
      await sleep(300 * Math.random());
      return { user, session, refresh };
    },
  };
}

function inMemory(): Design {
  const sessions = new Map<string, Tokens>();
  const issue = (user: string, session: string): Tokens => {
    const tokens = { user, session, refresh: randomUUID() };
    sessions.set(tokens.refresh, tokens);
    return tokens;
  };
  return {
    begin: async user => issue(user, randomUUID()),
    async renew(token) {
      const known = sessions.get(token);
      sessions.delete(token);
      return known && issue(known.user, known.session);
    },
    async end(session) {
      for (const [token, known] of sessions) if (known.session === session) sessions.delete(token);
    },
    allows: async () => true,
  };
}
