import type { Redis } from 'ioredis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { signIn } from '../hosts/plain/session.ts';

export const revokeAllMissesSessions: Defect = {
  kind: 'defect',
  name: 'revoke-all-misses-sessions',
  section: 'logout-final',
  broken:
    "The record of a user lists the user's sessions. A login reads the record and writes it back at its end, so of two concurrent logins one is missing from the list. Logging out everywhere does not end that session.",
  wild: 'There is no index from user to sessions, or the index is updated by read, modify and write. An ORM that saves whole records does this.',
  references: [
    'pypi/warehouse#10849',
    'iftechfoundation/ifdb#425',
    'open-webui/open-webui PR#28725',
    'better-auth/better-auth#11073',
    'better-auth/better-auth#5144',
    'rommapp/romm PR#4635',
  ],
  remedy:
    'Keep the sessions of a user in a set with atomic additions, or store a time for each user and refuse sessions that began before this time.',
  needs: ['overlap', 'users', 'replay'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
    'instances-agree',
    'cookie-policy',
  ],
};

interface UserRecord {
  lastLogin: number;
  sessions: string[];
}

async function recordOf(redis: Redis, user: string): Promise<UserRecord> {
  const json = await redis.get(`user:${user}`);
  return json === null ? { lastLogin: 0, sessions: [] } : JSON.parse(json);
}

if (import.meta.main)
  servePlain({
    async signIn(request, user, redis) {
      const record = await recordOf(redis, user);
      await signIn(request, user);
      record.lastLogin = Date.now();
      record.sessions.push(request.sessionID);
      await redis.set(`user:${user}`, JSON.stringify(record));
    },
    devices: redis => ({
      // Adds nothing, because `signIn` has already added the session.
      async add() {},
      async takeAll(user) {
        const { sessions } = await recordOf(redis, user);
        await redis.del(`user:${user}`);
        return sessions;
      },
    }),
  });
