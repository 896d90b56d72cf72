/** Checks that `baton init` writes a correct target file for apps with special properties. */
import { describe, expect, it } from 'vitest';
import { HopEnds } from './continuities.ts';
import { found } from './found.ts';
import { FewSessions, OneLogout } from './limits.ts';
import { BasicApp, CodeApp, LocalStart, secretOf, TokenApi, TwoPages, UserInAddress } from './logins.ts';
import type { AppRequest } from './serve.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import {
  FlashOnly,
  Greets,
  LinkOut,
  NamedToken,
  Paged,
  Panels,
  Remembers,
  Resealed,
  SecondCookie,
  TokenPerForm,
  TwoTokens,
  Visitors,
} from './traits.ts';
import { judged, those, withApp } from './verified.ts';

const ACCOUNTS = ['alice', 'bob'].map(user => ({
  user,
  password: PASSWORD,
  passwordEnv: 'PASSWORD',
  totpEnv: `${user.toUpperCase()}_TOTP`,
}));

describe('the sessions that an app allows a user', () => {
  class Local extends SmallApp {
    override knows({ born }: Session, { instance }: AppRequest): boolean {
      return born === instance;
    }
  }
  it.each([
    ['one session; a second login ends it', new FewSessions(1), { most: 1 }],
    ['one session; a second login is refused', new FewSessions(1, 'refused'), { most: 1 }],
    ['three sessions; a fourth login ends the oldest', new FewSessions(3), { most: 3 }],
    ['three sessions; a fourth login is refused', new FewSessions(3, 'refused'), { most: 3 }],
    ['one logout for all sessions', new OneLogout(), { logout: 'all' }],
    ['as many as the user likes', new SmallApp(), undefined],
    ['as many as the user likes, on an instance that does not know all', new Local(), undefined],
  ])('%s', async (_, app, sessions) => {
    await withApp(app, async served => {
      const { file } = await found(served);
      expect(file['sessions']).toEqual(sessions);
      // The app limits the number of sessions of a user, so `init` must log out all sessions.
      if (sessions && 'most' in sessions)
        expect(app.sessions.filter(({ user }) => user === 'alice')).toEqual([]);
    });
  });
});

it('an app whose instances end the sessions of each other: the file is complete, and the run reports LOSS', async () => {
  await withApp(new HopEnds(), async served => {
    const { text, file, said } = await found(served);
    expect(said.join('\n')).toMatch(/one, two; each instance ends the sessions of the other instances/);
    expect(file).toMatchObject({
      logout: { path: '/logout' },
      probes: [{ add: { path: '/notes' } }],
      instance: { header: 'x-instance' },
    });
    expect(file['sessions']).toBeUndefined();
    expect(those(await judged(text, { workloads: ['hop'] }), 'violated')).toEqual(['continuity']);
  });
});

describe('the login', () => {
  const run = (app: SmallApp, workloads: string[]) =>
    withApp(app, async served => {
      const { text } = await found(served, { accounts: ACCOUNTS, secretOf: async user => secretOf(user) });
      return those(await judged(text, { workloads }), 'valid');
    });

  it.each([
    ['the user name, then the password', new TwoPages(), ['continuity', 'isolation', 'rotation']],
    ['a second page with the user name in its address', new UserInAddress(), ['continuity', 'isolation']],
    ['HTTP Basic', new BasicApp(), ['continuity', 'isolation']],
    ['a one-time code after the password', new CodeApp(false), ['continuity', 'isolation', 'rotation']],
    ['two tokens in one form', new TwoTokens(), ['continuity', 'isolation', 'rotation']],
    // A client with a session gets a form token with which it cannot log in again.
    ['a token for each form', new TokenPerForm(), ['continuity', 'isolation', 'read-your-writes']],
  ])('%s', async (_, app, valid) => {
    expect(await run(app, ['hop', 'interleave', 'fixation'])).toEqual(expect.arrayContaining(valid));
  });

  it('a login on two pages that no other instance can finish: the file is complete, and the run reports LOSS', async () => {
    await withApp(new LocalStart(), async served => {
      const { text, file } = await found(served);
      expect(file).toMatchObject({ login: { path: '/login/password' }, logout: { path: '/logout' } });
      expect(those(await judged(text, { workloads: ['hop', 'logout-race'] }), 'violated')).toEqual([
        'continuity',
      ]);
    });
  });

  it('JSON, with a response that holds a token for a header', async () => {
    await withApp(new TokenApi(), async served => {
      const options = { loginPath: '/api/login', loginJson: { name: '{user}', secret: '{password}' } };
      const { file, text, said } = await found(served, options);
      expect(file).toMatchObject({
        headers: { Authorization: 'Bearer {token}' },
        login: { path: '/api/login', capture: { token: { json: '/accessToken' } } },
        logout: { path: '/api/logout' },
        claims: ['standard'],
      });
      expect(said).toContainEqual('session     carried by the header Authorization');
      const result = await judged(text, { workloads: ['hop', 'logout-race'] });
      expect(those(result, 'violated')).toEqual([]);
      expect([result.claimed['continuity'], result.claimed['logout-final']]).toEqual(['valid', 'valid']);
    });
  });

  it('a one-time code that is valid only once: no code is sent twice', async () => {
    const app = new CodeApp(true);
    await withApp(app, async served => {
      const options = { accounts: ACCOUNTS, secretOf: async (user: string) => secretOf(user) };
      const { text, file } = await found(served, options);
      // `init` sends a code twice, to find out that the app accepts each code only once.
      expect([file['sessions'], app.refused]).toEqual([{ every: '1s' }, 1]);
      expect(text).toMatch(/totp: \$\{ALICE_TOTP\}/);
      expect(text).not.toContain(secretOf('alice'));
      expect(those(await judged(text, { workloads: ['hop'], sessions: 2 }), 'violated')).toEqual([]);
      expect(app.refused).toBe(1);
    });
  });

  it('a one-time code with an unknown secret: reports what is missing', async () => {
    await withApp(new CodeApp(false), served =>
      expect(found(served)).rejects.toThrow(/asks alice for a one-time code: expected the secret/),
    );
  });
});

describe('which cookies carry the session', () => {
  it.each([
    ['the session cookie, beside a cookie that every visitor gets', new Visitors(), 'sid'],
    ['the session cookie, beside a cookie with a new value in each response', new SecondCookie(), 'sid'],
    ['two cookies, both with new values in each response', new Resealed(), 'sid, half'],
    [
      'the session cookie or the remember-me cookie: each of them suffices',
      new Remembers(),
      'sid or remember',
    ],
  ])('%s', async (_, app, cookies) => {
    await withApp(app, async served => {
      const { said, text } = await found(served);
      expect(said.find(line => line.startsWith('session'))).toBe(`session     carried by ${cookies}`);
      const { claimed } = await judged(text, { workloads: ['fixation'] });
      expect(claimed['rotation']).toBe('valid');
    });
  });
});

describe('the probe', () => {
  it('reads the list, not another panel that shows the same text', async () => {
    await withApp(new Panels(), async served => {
      const { file, text } = await found(served);
      expect(file['probes']).toMatchObject([
        { read: { path: '/notes', items: expect.stringMatching(/class="note"/) } },
      ]);
      const result = await judged(text, { workloads: ['burst'] });
      expect([result.claimed['read-your-writes'], those(result, 'violated')]).toEqual(['valid', []]);
    });
  });

  it('is left out of the target file if only a message confirms a write', async () => {
    await withApp(new FlashOnly(), async served => {
      const { file, said } = await found(served);
      expect([file['probes'], said.find(line => line.startsWith('probe'))]).toEqual([
        undefined,
        expect.stringContaining('none'),
      ]);
    });
  });

  it('is left out of the target file if a page shows only a part of a list', async () => {
    await withApp(new Paged(), async served => {
      const { file, said } = await found(served);
      expect(file['probes']).toBeUndefined();
      expect(said).toContainEqual(
        'probe       not text of POST /notes: the page /notes shows only a part of the list',
      );
    });
  });

  it('sends no write without permission', async () => {
    await withApp(new SmallApp(), async served => {
      const asked: string[] = [];
      const mayWrite = async ({ path, field }: { path: string; field: string }) => {
        asked.push(`${field} of ${path}`);
        return false;
      };
      await found(served, { mayWrite });
      expect(asked).toEqual(['text of /notes']);
      expect(served.asked.filter(({ method, path }) => method === 'POST' && path === '/notes')).toEqual([]);
    });
  });
});

it.each(['token', 'sesskey'])(
  'the form token may be in a field named %s, on pages of signed-in users only',
  async field => {
    await withApp(new NamedToken(field), async served => {
      const { file } = await found(served);
      expect(file).toMatchObject({
        csrf: { field },
        logout: { path: '/logout', form: { [field]: '{csrf}' } },
        probes: [{ add: { path: '/notes', form: { [field]: '{csrf}' } } }],
      });
    });
  },
);

it('the logout of the target file may be a link with a token', async () => {
  await withApp(new LinkOut(), async served => {
    const { file, text } = await found(served);
    expect(file['logout']).toMatchObject({
      steps: [{ method: 'GET', capture: { leave: expect.stringContaining('nonce=') } }],
      path: '/leave?action=logout&nonce={leave}',
    });
    const result = await judged(text, { workloads: ['logout-race'] });
    expect([result.claimed['logout-final'], those(result, 'violated')]).toEqual(['valid', []]);
  });
});

it('the mark of signed-in pages is no message that names the user only once, after the login', async () => {
  await withApp(new Greets(), async served => {
    const { file, said } = await found(served);
    expect(file['signedIn']).toMatchObject({ user: expect.stringContaining('id="user"') });
    expect(said.join('\n')).toMatch(/session +carried by sid\n/);
    const result = await judged(file);
    expect(those(result, 'violated')).toEqual([]);
  });
});
