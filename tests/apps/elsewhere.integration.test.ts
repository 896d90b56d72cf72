/** Tests `baton init` with a login at an identity provider on another host. */
import { describe, expect, it } from 'vitest';
import { type Found, found } from './found.ts';
import { type AppRequest, type AppResponse, type InstanceName, type Served, serve } from './serve.ts';
import { form, hidden, newId, PASSWORD, type Session, SmallApp } from './small-app.ts';
import { judged, those } from './verified.ts';

/** Asks for the user name on one page, and for the password on a second page. */
class Provider {
  readonly codes = new Map<string, string>();
  readonly #users = new Map<string, string>();

  answer = ({ method, path, query, form: sent, cookies }: AppRequest): AppResponse => {
    const back = query.get('back') ?? sent['back'] ?? '';
    if (path === '/end') {
      this.#users.delete(cookies['op'] ?? '');
      return { to: back };
    }
    const known = this.#users.get(cookies['op'] ?? '');
    if (known !== undefined) return this.#return(known, back);
    const keep = hidden('back', back) + hidden('login', sent['login'] ?? '');
    if (method === 'GET')
      return { body: form('/sign-in', `${hidden('back', back)}<input name="login">`, 'Next') };
    if (sent['secret'] !== PASSWORD)
      return { body: form('/sign-in', `${keep}<input type="password" name="secret">`, 'Sign in') };
    const id = newId();
    this.#users.set(id, sent['login'] ?? '');
    return { ...this.#return(sent['login'] ?? '', back), cookies: [`op=${id}; Path=/; HttpOnly`] };
  };

  #return(user: string, back: string): AppResponse {
    const code = newId();
    this.codes.set(code, user);
    return { to: `${back}&code=${code}` };
  }
}

type Defect = 'state on one instance' | 'logout at the provider only';

/** An app without a form: login and logout redirect to the identity provider. */
class RelyingParty extends SmallApp {
  readonly #provider: Provider;
  readonly #defect: Defect | undefined;
  readonly #states = new Map<string, InstanceName>();
  at = { app: '', provider: '' };

  constructor(provider: Provider, defect?: Defect) {
    super();
    this.#provider = provider;
    this.#defect = defect;
  }

  protected override loginForm({ instance }: AppRequest): AppResponse {
    const state = newId();
    this.#states.set(state, instance);
    const back = encodeURIComponent(`${this.at.app}/callback?state=${state}`);
    return { to: `${this.at.provider}/sign-in?back=${back}`, cookies: [`state=${state}; Path=/`] };
  }

  protected override route(asked: AppRequest): AppResponse | undefined {
    if (asked.path !== '/callback') return undefined;
    const began = this.#states.get(asked.cookies['state'] ?? '');
    const unknown = this.#defect === 'state on one instance' && began !== asked.instance;
    const user = this.#provider.codes.get(asked.query.get('code') ?? '');
    if (began === undefined || unknown || user === undefined) return { status: 400, body: 'Unknown state' };
    return this.enter(user, asked);
  }

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const answer = super.inside(asked, session);
    if (asked.path !== '/logout' || answer?.status === 403) return answer;
    return { ...answer, to: `${this.at.provider}/end?back=${encodeURIComponent(`${this.at.app}/?`)}` };
  }

  protected override end(session: Session, asked: AppRequest): void {
    if (this.#defect !== 'logout at the provider only') super.end(session, asked);
  }
}

/** Serves an app and its identity provider, which are two sites for browsers. */
async function withProvider(
  defect: Defect | undefined,
  act: (served: Served, provider: string) => Promise<void>,
): Promise<void> {
  const provider = new Provider();
  const there = await serve(provider.answer);
  const app = new RelyingParty(provider, defect);
  const served = await serve(asked => app.answer(asked));
  app.at = { app: served.url, provider: there.url.replace('127.0.0.1', 'localhost') };
  try {
    await act(served, app.at.provider);
  } finally {
    await served.stop();
    await there.stop();
  }
}

const mayVisit = async () => true;

describe('a login at a provider on another host', () => {
  it('is learned, and a healthy app is valid', async () => {
    await withProvider(undefined, async (served, provider) => {
      const { file, text }: Found = await found(served, { mayVisit });
      expect(file).toMatchObject({
        origins: [provider],
        login: {
          page: '/login',
          steps: [{ form: { login: '{user}' } }],
          form: { secret: '{password}' },
        },
        logout: { path: '/logout', provider: true },
      });
      const result = await judged(text, { workloads: ['hop'], sessions: 2 });
      expect(those(result, 'violated')).toEqual([]);
    });
  });

  it('is found broken if each instance stores the state of its own logins: init retries, and verify reports LOSS', async () => {
    await withProvider('state on one instance', async served => {
      const { text } = await found(served, { mayVisit });
      const result = await judged(text, { workloads: ['hop'], sessions: 2 });
      expect(those(result, 'violated')).toEqual(['continuity']);
    });
  });

  it('is learned with its logout, even if this logout ends only the session at the provider', async () => {
    await withProvider('logout at the provider only', async served => {
      const { file, text } = await found(served, { mayVisit });
      expect(file['logout']).toMatchObject({ path: '/logout', provider: true });
      expect(text).toContain('Leaves the session valid');
    });
  });

  it('is not followed without permission', async () => {
    await withProvider(undefined, async (served, provider) => {
      await expect(found(served)).rejects.toThrow(
        `the login of /login leads to ${provider}, which init may not visit`,
      );
    });
  });

  it('ends at a wrong password, and the error names the page', async () => {
    await withProvider(undefined, async (served, provider) => {
      const accounts = [{ user: 'alice', password: 'wrong', passwordEnv: 'PASSWORD' }];
      const error = new RegExp(
        `did not come back: ${provider}/sign-in responded 200, .* Is the password right`,
      );
      await expect(found(served, { accounts, mayVisit })).rejects.toThrow(error);
    });
  });
});
