/** Tests target files with `session` in place of a login, for sessions that exist already. */
import { expect, it } from 'vitest';
import type { AppRequest } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';
import { judged, those, USUAL, withApp } from './verified.ts';

const { login: _, ...rest } = USUAL;

/** The target file contains the cookie of an existing session for each user. */
const target = (app: SmallApp, url: string) => {
  app.sessions = ['alice', 'bob'].map(user => ({
    id: `${user}-0123456789abcdef0123456789`,
    user,
    csrf: `${user}-token`,
    notes: [],
    born: 'one' as const,
  }));
  const cookie = Object.fromEntries(app.sessions.map(({ id, user }) => [user, `sid=${id}`]));
  return { ...rest, url, accounts: [{ user: 'alice' }, { user: 'bob' }], session: { cookie } };
};

it('a healthy app: nothing is violated, no client logs out, and the report names the unknown guarantees', async () => {
  const app = new SmallApp();
  await withApp(app, async served => {
    const result = await judged(target(app, served.url), { workloads: ['hop'] });
    expect(those(result, 'violated')).toEqual([]);
    expect(those(result, 'valid')).toEqual(expect.arrayContaining(['continuity', 'isolation']));
    expect(Object.keys(result.claimed)).not.toContain('rotation');
    expect(result.remarks.join()).toContain('rotation, one-session, cookie-policy, logout-final');
    expect(app.sessions.length).toBe(2);
  });
});

it('an app that keeps sessions in one instance: continuity is violated', async () => {
  class Local extends SmallApp {
    override knows({ born }: Session, { instance }: AppRequest): boolean {
      return born === instance;
    }
  }
  const app = new Local();
  await withApp(app, async served => {
    const result = await judged(target(app, served.url), { workloads: ['hop'] });
    expect(those(result, 'violated')).toEqual(['continuity']);
  });
});

it('a session of the target file that has ended: the error names the key `session`, not a password', async () => {
  const app = new SmallApp();
  await withApp(app, async served => {
    const file = target(app, served.url);
    app.sessions = [];
    await expect(judged(file, { workloads: ['hop'] })).rejects.toThrow(
      /^session: expected a signed-in session of alice, but \/account was signed out 12 of 12 times/,
    );
  });
});
