/** Small apps with unusual cookies, pages or logins, and apps that lose sessions. */
import type { AppRequest, AppResponse } from './serve.ts';
import { form, hidden, newId, type Session, SmallApp } from './small-app.ts';

const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';
const gone = (name: string): string => `${name}=; Path=/; Max-Age=0`;

/** An app that sets a new session cookie, in one or two parts, with each response. Older cookies stay valid. */
export class Chunked extends SmallApp {
  #answers = 0;

  override answer(asked: AppRequest): AppResponse {
    const id = asked.cookies['s.0']?.split('~')[0] ?? '';
    const answer = super.answer({ ...asked, cookies: { sid: id } });
    const set = answer.cookies?.find(line => line.startsWith('sid='));
    if (set?.includes('Max-Age=0')) return { ...answer, cookies: [gone('s.0'), gone('s.1')] };
    const known = set?.slice(4, 36) ?? id;
    if (!this.sessions.some(one => one.id === known)) return answer;
    const second = this.#answers++ % 2 === 0 ? [`s.1=${newId()}; ${ATTRIBUTES}`] : [gone('s.1')];
    // Deletes an old cookie with a different path before it sets the new cookie.
    const old = `s.0=; Path=/old; Max-Age=0`;
    return { ...answer, cookies: [old, ...second, gone('s.0'), `s.0=${known}~${newId()}; ${ATTRIBUTES}`] };
  }
}

/** An app that shows notes as a JSON list without the user's name. */
export class JsonNotes extends SmallApp {
  /** True if a client without a login gets an empty list; false for status 401. */
  open = false;

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    if (asked.path !== '/notes') return undefined;
    if (session === undefined && !this.open) return { status: 401, body: '{"error":"log in"}' };
    if (asked.method === 'POST') session?.notes.push(asked.form['text'] ?? '');
    return { body: JSON.stringify(session?.notes ?? []), headers: { 'Content-Type': 'application/json' } };
  }
}

/** A broken app: only the instance where a session began knows it. The other instance sets a new cookie. */
export class ReplacesCookie extends SmallApp {
  override knows({ born }: Session, { instance }: AppRequest): boolean {
    return born === instance;
  }

  protected override refuse(): AppResponse {
    return { to: this.loginPage, cookies: [`sid=${newId()}; ${ATTRIBUTES}`] };
  }
}

/** An app with its login form on the home page. Every login, even a failed one, redirects there. */
export class FormOnHome extends SmallApp {
  override loginPage = '/home';

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    if (`${asked.method} ${asked.path}` !== 'GET /home' || session === undefined) return undefined;
    return { body: this.page(session, 'Home', '<a href="/notes">Notes</a>') };
  }

  protected override login(asked: AppRequest): AppResponse {
    const answer = super.login(asked);
    return { ...answer, body: '', to: '/home' };
  }
}

/** A broken app: an instance that does not know a session shows the login form, and sets a new cookie. */
export class FormReplacesCookie extends FormOnHome {
  override knows({ born }: Session, { instance }: AppRequest): boolean {
    return born === instance;
  }

  protected override loginForm(asked: AppRequest): AppResponse {
    return { ...super.loginForm(asked), cookies: [`sid=${newId()}; ${ATTRIBUTES}`] };
  }
}

/**
 * A broken app: ends a session at the first request to the other instance, and shows the login page with status 200.
 */
export class HopEnds extends SmallApp {
  override knows(session: Session, asked: AppRequest): boolean {
    if (session.born === asked.instance) return true;
    this.end(session, asked);
    return false;
  }

  protected override refuse(asked: AppRequest): AppResponse {
    return this.loginForm(asked);
  }
}

/** A broken app: each instance accepts only forms from its own login page. */
export class FormPerInstance extends SmallApp {
  protected override loginForm(asked: AppRequest): AppResponse {
    const fields = `<input name="user"><input type="password" name="pass">${hidden('csrf', asked.instance)}`;
    return { body: this.page(undefined, 'Log in', form(this.loginPage, fields, 'Log in')) };
  }

  protected override login(asked: AppRequest): AppResponse {
    return asked.form['csrf'] === asked.instance ? super.login(asked) : this.loginForm(asked);
  }
}

/** An app whose login page redirects signed-in users, like Laravel's `guest` and Devise. */
export class Guest extends SmallApp {
  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    return asked.path === this.loginPage && session !== undefined ? { to: '/account' } : undefined;
  }
}

/** A broken app: the session keeps its id at the login. */
export class KeepsSession extends SmallApp {
  protected override enter(user: string, asked: AppRequest): AppResponse {
    const session = this.sessionOf(asked);
    if (session === undefined) return super.enter(user, asked);
    session.user = user;
    return { to: '/account' };
  }
}
