/** A small web app with a login form, notes in each session, and a logout. Tests override its methods. */
import { randomBytes } from 'node:crypto';
import type { AppRequest, AppResponse, InstanceName } from './serve.ts';

export const PASSWORD = 'open sesame 42';

export interface Session {
  id: string;
  user: string;
  csrf: string;
  notes: string[];
  /** The instance where the session began. */
  born: InstanceName;
}

export const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${name}" value="${value}">`;
export const form = (action: string, inside: string, button: string): string =>
  `<form method="post" action="${action}">${inside}<button>${button}</button></form>`;
export const newId = (): string => randomBytes(16).toString('hex');

export class SmallApp {
  users: readonly string[] = ['alice', 'bob'];
  /** All live sessions, the oldest first. */
  sessions: Session[] = [];
  loginPage = '/login';
  /** True to omit all links to the login page. */
  hidden = false;

  answer(asked: AppRequest): AppResponse {
    const session = this.sessionOf(asked);
    const own = this.route(asked, session);
    if (own !== undefined) return own;
    switch (`${asked.method} ${asked.path}`) {
      case 'GET /':
        return {
          body: this.page(
            session,
            'Home',
            session || this.hidden ? '' : `<a href="${this.loginPage}">Log in</a>`,
          ),
        };
      case `GET ${this.loginPage}`:
        return this.loginForm(asked);
      case `POST ${this.loginPage}`:
        return this.login(asked);
    }
    if (session === undefined) return this.refuse(asked);
    return this.inside(asked, session) ?? { status: 404, body: 'Not found' };
  }

  /** Tests override this method to handle some requests themselves. undefined leaves a request to the app. */
  protected route(_asked: AppRequest, _session: Session | undefined): AppResponse | undefined {
    return undefined;
  }

  protected inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const { text = '' } = asked.form;
    switch (`${asked.method} ${asked.path}`) {
      case 'GET /account':
        return { body: this.page(session, 'Account', '<a href="/notes">Notes</a>') };
      case 'GET /notes':
        return { body: this.page(session, 'Notes', this.notes(session)) };
      case 'POST /notes':
        if (asked.form['csrf'] !== session.csrf) return { status: 403, body: 'Wrong token' };
        session.notes.push(text);
        return { to: '/notes' };
      case 'POST /logout':
        if (asked.form['csrf'] !== session.csrf) return { status: 403, body: 'Wrong token' };
        this.end(session, asked);
        return { to: this.loginPage, cookies: ['sid=; Path=/; Max-Age=0'] };
    }
    return undefined;
  }

  protected notes({ notes, csrf }: Session): string {
    const list = notes.map(note => `<li class="note">${note}</li>`).join('\n');
    return `<ul>${list}</ul>${form('/notes', `<input name="text">${hidden('csrf', csrf)}`, 'Add')}`;
  }

  protected page(session: Session | undefined, title: string, inside: string): string {
    const who =
      session === undefined
        ? ''
        : `<nav>Signed in: <b id="user">${session.user}</b>${form('/logout', hidden('csrf', session.csrf), 'Log out')}</nav>`;
    return `<!doctype html><title>${title}</title>${who}<main>${inside}</main>`;
  }

  protected loginForm(_asked: AppRequest, complaint = ''): AppResponse {
    const fields = '<input name="user"><input type="password" name="pass">';
    return { body: this.page(undefined, 'Log in', complaint + form(this.loginPage, fields, 'Log in')) };
  }

  protected login(asked: AppRequest): AppResponse {
    const { user = '', pass } = asked.form;
    if (!this.users.includes(user) || pass !== PASSWORD) return this.loginForm(asked, '<p>Wrong</p>');
    return this.enter(user, asked);
  }

  protected enter(user: string, { instance }: AppRequest): AppResponse {
    const session: Session = { id: newId(), user, csrf: newId(), notes: [], born: instance };
    this.sessions.push(session);
    return { to: '/account', cookies: [`sid=${session.id}; Path=/; HttpOnly; SameSite=Lax`] };
  }

  protected sessionOf(asked: AppRequest): Session | undefined {
    const found = this.sessions.find(({ id }) => id === asked.cookies['sid']);
    return found !== undefined && this.knows(found, asked) ? found : undefined;
  }

  knows(_session: Session, _asked: AppRequest): boolean {
    return true;
  }

  protected end(session: Session, _asked: AppRequest): void {
    this.sessions = this.sessions.filter(one => one !== session);
  }

  protected refuse(_asked: AppRequest): AppResponse {
    return this.hidden ? { status: 404, body: 'Not found' } : { to: this.loginPage };
  }
}
