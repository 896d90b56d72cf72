/** Apps that are logged in to in other ways than by one form. */
import type { Answer, Asked } from './serve.ts';
import { form, hidden, newId, PASSWORD, type Session, SmallApp } from './small-app.ts';

/** Asks for the user name first, and for the password on a page of its own, which knows whom it asks by its state. */
export class TwoPages extends SmallApp {
  readonly #asking = new Map<string, string>();

  protected override route(asked: Asked): Answer | undefined {
    if (asked.path !== '/login/password') return undefined;
    const state = asked.method === 'GET' ? asked.cookies['asking'] : asked.form['state'];
    const user = this.#asking.get(state ?? '');
    if (user === undefined || state === undefined) return { to: this.loginPage };
    if (asked.method === 'GET') return this.#askPassword(state);
    if (!this.users.includes(user) || asked.form['pass'] !== PASSWORD) return this.#askPassword(state);
    this.#asking.delete(state);
    return this.enter(user, asked);
  }

  #askPassword(state: string): Answer {
    const fields = `${hidden('state', state)}<input type="password" name="pass">`;
    return { body: this.page(undefined, 'Password', form('/login/password', fields, 'Go on')) };
  }

  protected override loginForm(): Answer {
    const field = '<input name="user" autocomplete="username">';
    return { body: this.page(undefined, 'Log in', form(this.loginPage, field, 'Next')) };
  }

  protected override login({ form: { user = '' } }: Asked): Answer {
    const state = newId();
    this.#asking.set(state, user);
    return { to: '/login/password', cookies: [`asking=${state}; Path=/; HttpOnly`] };
  }
}

/** Knows its users by HTTP Basic alone; only the start page is for all. */
export class BasicApp extends SmallApp {
  /** Whether an instance has forgotten the users. */
  forgets: (asked: Asked, user: string) => boolean = () => false;
  readonly #held = new Map<string, Session>();

  protected override sessionOf(asked: Asked): Session | undefined {
    const [scheme, value = ''] = (asked.headers.authorization ?? '').split(' ');
    const [user = '', pass] = Buffer.from(value, 'base64').toString().split(':');
    if (scheme !== 'Basic' || !this.users.includes(user) || pass !== PASSWORD) return undefined;
    if (this.forgets(asked, user)) return undefined;
    const session = this.#held.get(user) ?? { id: user, user, csrf: 'same', notes: [], born: asked.instance };
    this.#held.set(user, session);
    return session;
  }

  protected override page(session: Session | undefined, title: string, inside: string): string {
    const who = session === undefined ? '' : `<nav>Signed in: <b id="user">${session.user}</b></nav>`;
    return `<!doctype html><title>${title}</title>${who}<main>${inside}</main>`;
  }

  protected override refuse(): Answer {
    return { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="app"' } };
  }
}
