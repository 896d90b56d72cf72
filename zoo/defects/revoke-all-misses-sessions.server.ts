import type { Redis } from 'ioredis';
import { servePlain } from '../hosts/plain/serve.ts';
import { signIn } from '../hosts/plain/session.ts';

interface UserRecord {
  lastLogin: number;
  sessions: string[];
}

async function recordOf(redis: Redis, user: string): Promise<UserRecord> {
  const json = await redis.get(`user:${user}`);
  return json === null ? { lastLogin: 0, sessions: [] } : JSON.parse(json);
}

servePlain({
  async signIn(request, user, redis) {
    const record = await recordOf(redis, user);
    await signIn(request, user);
    record.lastLogin = Date.now();
    record.sessions.push(request.sessionID);
    await redis.set(`user:${user}`, JSON.stringify(record));
  },
  devices: redis => ({
    // Does nothing, since `signIn` has already added the session.
    async add() {},
    async takeAll(user) {
      const { sessions } = await recordOf(redis, user);
      await redis.del(`user:${user}`);
      return sessions;
    },
  }),
});
