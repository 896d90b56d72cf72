/** Small apps whose login is not a single form. */
import { oneTime } from '../../verify/target/one-time.ts';
import type { AppRequest, AppResponse } from './serve.ts';
import { form, hidden, newId, PASSWORD, type Session, SmallApp } from './small-app.ts';

/**
 * An app that asks for the user name on one page and for the password on a second page. A hidden field of the second
 * form contains the user name.
 */
export class TwoPages extends SmallApp {
  readonly #asking = new Map<string, string>();

  protected override route(asked: AppRequest): AppResponse | undefined {
    if (asked.path !== '/login/password') return undefined;
    const state = asked.method === 'GET' ? asked.cookies['asking'] : asked.form['state'];
    const user = this.#asking.get(state ?? '');
    if (user === undefined || state === undefined) return { to: this.loginPage };
    if (asked.method === 'GET') return this.#askPassword(state);
    if (!this.users.includes(user) || asked.form['pass'] !== PASSWORD) return this.#askPassword(state);
    this.#asking.delete(state);
    return this.enter(user, asked);
  }

  #askPassword(state: string): AppResponse {
    const fields = `${hidden('state', state)}<input type="password" name="pass">`;
    return { body: this.page(undefined, 'Password', form('/login/password', fields, 'Go on')) };
  }

  protected override loginForm(): AppResponse {
    const field = '<input name="user" autocomplete="username">';
    return { body: this.page(undefined, 'Log in', form(this.loginPage, field, 'Next')) };
  }

  protected override login({ form: { user = '' } }: AppRequest): AppResponse {
    const state = newId();
    this.#asking.set(state, user);
    return { to: '/login/password', cookies: [`asking=${state}; Path=/; HttpOnly`] };
  }
}

/**
 * A broken app: each instance keeps unfinished logins in its own memory, so only one instance can show the second
 * page.
 */
export class LocalStart extends TwoPages {
  readonly #begun = new Map<string, AppRequest['instance']>();

  protected override route(asked: AppRequest): AppResponse | undefined {
    const isElsewhere = this.#begun.get(asked.cookies['asking'] ?? '') !== asked.instance;
    return asked.path === '/login/password' && isElsewhere ? { to: this.loginPage } : super.route(asked);
  }

  protected override login(asked: AppRequest): AppResponse {
    const response = super.login(asked);
    this.#begun.set(/asking=(\w+)/.exec(response.cookies?.join() ?? '')?.[1] ?? '', asked.instance);
    return response;
  }
}

/**
 * An app that asks for the user name first. The address of the password's page contains the user name, and so does a
 * hidden field.
 */
export class UserInAddress extends SmallApp {
  protected override route({
    method,
    path,
    query,
    form: sent,
    instance,
  }: AppRequest): AppResponse | undefined {
    if (path !== '/login/password') return undefined;
    const user = (method === 'GET' ? query.get('for') : sent['for']) ?? '';
    if (method === 'POST' && this.users.includes(user) && sent['pass'] === PASSWORD)
      return this.enter(user, { instance } as AppRequest);
    const fields = `${hidden('for', user)}<input type="password" name="pass">`;
    return { body: this.page(undefined, 'Password', form('/login/password', fields, 'Go on')) };
  }

  protected override loginForm(): AppResponse {
    const field = '<input name="user" autocomplete="username">';
    return { body: this.page(undefined, 'Log in', form(this.loginPage, field, 'Next')) };
  }

  protected override login({ form: { user = '' } }: AppRequest): AppResponse {
    return { to: `/login/password?for=${encodeURIComponent(user)}` };
  }
}

/** An app that accepts only HTTP Basic. */
export class BasicApp extends SmallApp {
  /** Tests replace this function to make an instance wrongly refuse a user. */
  forgets: (asked: AppRequest, user: string) => boolean = () => false;
  readonly #held = new Map<string, Session>();

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    if (session === undefined) return this.refuse();
    return asked.path === this.loginPage ? { status: 404 } : undefined;
  }

  protected override sessionOf(asked: AppRequest): Session | undefined {
    const [scheme, value = ''] = (asked.headers.authorization ?? '').split(' ');
    const [user = '', pass] = Buffer.from(value, 'base64').toString().split(':');
    if (scheme !== 'Basic' || !this.users.includes(user) || pass !== PASSWORD) return undefined;
    if (this.forgets(asked, user)) return undefined;
    const session = this.#held.get(user) ?? { id: user, user, csrf: 'same', notes: [], born: asked.instance };
    this.#held.set(user, session);
    return session;
  }

  protected override page(session: Session | undefined, title: string, inside: string): string {
    const who =
      session === undefined
        ? ''
        : `<nav>Signed in: <b id="user">${session.user}</b> <a href="/notes">Notes</a></nav>`;
    return `<!doctype html><title>${title}</title>${who}<main>${inside}</main>`;
  }

  protected override refuse(): AppResponse {
    return { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="app"' } };
  }
}

/** Returns a user's secret for one-time codes as an otpauth URL. Each code is valid for one second. */
export const secretOf = (user: string): string =>
  `otpauth://totp/app:${user}?period=1&secret=${user === 'alice' ? 'GEZDGNBVGY3TQOJQ' : 'MFRGGZDFMZTWQ2LK'}`;

/** An app that asks for a one-time code after the password. The code of the previous second is also valid. */
export class CodeApp extends SmallApp {
  /** True if each code is valid only once. */
  readonly once: boolean;
  readonly #asking = new Map<string, string>();
  readonly #used = new Set<string>();
  /** Number of one-time codes that the app refused. */
  refused = 0;

  constructor(once: boolean) {
    super();
    this.once = once;
  }

  protected override route(asked: AppRequest): AppResponse | undefined {
    if (asked.path !== '/login/code') return undefined;
    const user = this.#asking.get(asked.cookies['asking'] ?? '');
    if (user === undefined) return { to: this.loginPage };
    const field = '<label for="c">Your code</label><input id="c" name="code" autocomplete="one-time-code">';
    if (asked.method === 'GET')
      return { body: this.page(undefined, 'Verification', form('/login/code', field, 'Verify')) };
    if (!this.#takes(user, asked.form['code'] ?? '')) {
      this.refused++;
      return { to: '/login/code' };
    }
    return super.enter(user, asked);
  }

  #takes(user: string, code: string): boolean {
    const counter = oneTime(secretOf(user)).validate({ token: code, window: 1 });
    const known = `${user} ${code}`;
    if (counter === null || (this.once && this.#used.has(known))) return false;
    this.#used.add(known);
    return true;
  }

  protected override enter(user: string): AppResponse {
    const state = newId();
    this.#asking.set(state, user);
    return { to: '/login/code', cookies: [`asking=${state}; Path=/; HttpOnly`] };
  }
}

/** A single-page app: the login takes JSON, and returns a token that later requests send in a header. */
export class TokenApi extends SmallApp {
  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    const json = (value: object, status = 200): AppResponse => ({
      status,
      body: JSON.stringify(value),
      headers: { 'Content-Type': 'application/json' },
    });
    switch (`${asked.method} ${asked.path}`) {
      case 'GET /':
        return { body: '<!doctype html><div id="root"></div>' };
      case 'POST /api/login': {
        const { name, secret } = JSON.parse(asked.body);
        if (!this.users.includes(name) || secret !== PASSWORD) return json({ error: 'refused' }, 401);
        super.enter(name, asked);
        return json({ user: name, accessToken: this.sessions.at(-1)?.id });
      }
      case 'GET /api/me':
        return session === undefined ? json({}, 401) : json({ name: session.user });
      case 'POST /api/logout':
        if (session !== undefined) this.end(session, asked);
        return json({});
    }
    return { status: 404 };
  }

  protected override sessionOf(asked: AppRequest): Session | undefined {
    const token = asked.headers.authorization?.replace(/^Bearer /, '');
    const found = this.sessions.find(({ id }) => id === token);
    return found !== undefined && this.knows(found, asked) ? found : undefined;
  }
}
