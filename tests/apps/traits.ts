/** Small apps with properties of real web apps, such as texts shown twice or tokens in unusual places. */
import type { AppRequest, AppResponse } from './serve.ts';
import { form, hidden, newId, PASSWORD, type Session, SmallApp } from './small-app.ts';

/** An app that shows recent texts a second time in a panel, and the newest text also in the search box. */
export class Panels extends SmallApp {
  protected override notes(session: Session): string {
    const last = session.notes.slice(-2).map(note => `<p>Added ${note}</p>`);
    const search = `<form><input type="search" name="q" value="${session.notes.at(-1) ?? ''}"></form>`;
    return `${search}<aside class="panel"><h3>Recent actions</h3>${last.join('')}</aside>${super.notes(session)}`;
  }
}

/** An app that confirms a write only by a message, which it shows once. */
export class FlashOnly extends SmallApp {
  readonly #flashes = new Map<string, string[]>();

  protected override notes({ id, notes, csrf }: Session): string {
    const all = this.#flashes.get(id) ?? [];
    const fresh = notes.slice(all.length);
    this.#flashes.set(id, [...notes]);
    const said = fresh.map(note => `<p class="flash">Saved ${note}</p>`).join('');
    return `${said}${form('/notes', `<input name="text">${hidden('csrf', csrf)}`, 'Add')}`;
  }
}

/** An app that shows the newest hundred rows, and a link to a page with older rows. */
export class Paged extends SmallApp {
  protected override notes({ notes, csrf }: Session): string {
    const rows = [...notes].reverse().slice(0, 100);
    const list = rows.map(note => `<li class="note">${note}</li>`).join('\n');
    const pager = '<a href="/notes?page=2">Older</a>';
    return `<ul>${list}</ul>${pager}${form('/notes', `<input name="text">${hidden('csrf', csrf)}`, 'Add')}`;
  }
}

/** An app that gives every visitor a cookie that has nothing to do with the session. */
export class Visitors extends SmallApp {
  override answer(asked: AppRequest): AppResponse {
    const answer = super.answer(asked);
    if (asked.cookies['visitor'] !== undefined) return answer;
    return { ...answer, cookies: [...(answer.cookies ?? []), `visitor=${newId()}; Path=/`] };
  }
}

/** An app that sets a second cookie, with a new value, in each response. The session does not depend on this cookie. */
export class SecondCookie extends SmallApp {
  override answer(asked: AppRequest): AppResponse {
    const answer = super.answer(asked);
    return { ...answer, cookies: [...(answer.cookies ?? []), `seen=${newId()}; Path=/`] };
  }
}

/** An app that keeps a session in two cookies. Each response sets new values for both. Older values stay valid. */
export class Resealed extends SmallApp {
  override answer(asked: AppRequest): AppResponse {
    const { sid = '' } = asked.cookies;
    const [id, whole] = [sid.split('~')[0] ?? '', asked.cookies['half']?.split('~')[0] === 'half'];
    const answer = super.answer({ ...asked, cookies: { sid: whole ? id : '' } });
    const set = answer.cookies ?? [];
    const own = set.find(line => line.startsWith('sid='));
    if (own?.includes('Max-Age=0')) return answer;
    const known = own?.slice(4, 36) ?? id;
    if (known === '') return answer;
    const attributes = 'Path=/; HttpOnly; SameSite=Lax';
    const sealed = [`sid=${known}~${newId()}; ${attributes}`, `half=half~${newId()}; ${attributes}`];
    return { ...answer, cookies: [...set.filter(line => line !== own), ...sealed] };
  }
}

/** An app that sets a remember-me cookie at login, which alone is enough to be signed in. */
export class Remembers extends SmallApp {
  protected override enter(user: string, asked: AppRequest): AppResponse {
    const answer = super.enter(user, asked);
    const [sid = ''] = answer.cookies ?? [];
    return { ...answer, cookies: [sid, `remember=${sid.slice(4, 36)}; Path=/; HttpOnly; SameSite=Lax`] };
  }

  protected override sessionOf(asked: AppRequest): Session | undefined {
    const { sid, remember } = asked.cookies;
    return this.sessions.find(({ id }) => id === sid) ?? this.sessions.find(({ id }) => id === remember);
  }
}

/** An app whose logout is a link with a token of the session. */
export class LinkOut extends SmallApp {
  protected override page(session: Session | undefined, title: string, inside: string): string {
    if (session === undefined) return super.page(session, title, inside);
    const out = `<a href="/leave?action=logout&amp;nonce=${session.csrf}">Log out</a>`;
    return `<!doctype html><nav>Signed in: <b id="user">${session.user}</b> ${out}</nav><main>${inside}</main>`;
  }

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    if (asked.path !== '/leave') return super.inside(asked, session);
    if (asked.query.get('nonce') !== session.csrf) return { status: 403, body: 'The link has expired' };
    this.end(session, asked);
    return { to: this.loginPage };
  }
}

/** An app that gives each form its own token, as Rails does. Meta tags contain a token that all forms accept. */
export class TokenPerForm extends SmallApp {
  readonly #before = new Map<string, string>();

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    if (asked.method !== 'POST') return undefined;
    const secret = session?.csrf ?? this.#before.get(asked.cookies['before'] ?? '') ?? '';
    const token = asked.form['authenticity_token'];
    if (token !== `all-${secret}` && token !== `${asked.path}-${secret}`)
      return { status: 422, body: 'Invalid authenticity token' };
    const own = { ...asked, form: { ...asked.form, csrf: session?.csrf ?? '' } };
    return asked.path === this.loginPage ? this.login(own) : session && this.inside(own, session);
  }

  protected override page(
    session: Session | undefined,
    title: string,
    inside: string,
    secret?: string,
  ): string {
    const of = session?.csrf ?? secret ?? '';
    const own = super
      .page(session, title, inside)
      .replaceAll(
        /(action="([^"]*)">.*?)(?:<input type="hidden" name="csrf"[^>]*>)?(<button)/g,
        `$1<input type="hidden" name="authenticity_token" value="$2-${of}">$3`,
      );
    return `<meta name="csrf-param" content="authenticity_token"><meta name="csrf-token" content="all-${of}">${own}`;
  }

  protected override loginForm(): AppResponse {
    const [id, secret] = [newId(), newId()];
    this.#before.set(id, secret);
    const fields = '<input name="user"><input type="password" name="pass">';
    return {
      body: this.page(undefined, 'Log in', form(this.loginPage, fields, 'Log in'), secret),
      cookies: [`before=${id}; Path=/`],
    };
  }
}

/** An app whose login form needs two hidden fields. Their values differ for each visitor. */
export class TwoTokens extends SmallApp {
  readonly #made = new Map<string, string>();

  protected override loginForm(): AppResponse {
    const [token, state] = [newId(), newId()];
    this.#made.set(token, state);
    const fields = `${hidden('csrf', token)}${hidden('view', state)}<input name="user"><input type="password" name="pass">`;
    return { body: this.page(undefined, 'Log in', form(this.loginPage, fields, 'Log in')) };
  }

  protected override login(asked: AppRequest): AppResponse {
    const { csrf = '', view } = asked.form;
    return view !== undefined && this.#made.get(csrf) === view ? super.login(asked) : this.loginForm();
  }
}

/** An app that locks an account after `most` wrong passwords. Logins then redirect to a page that reports the lock. */
export class Locks extends SmallApp {
  readonly #most: number;
  passwords: string[] = [];
  #wrong = 0;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  protected override route(asked: AppRequest): AppResponse | undefined {
    if (`${asked.method} ${asked.path}` !== `POST ${this.loginPage}`) return undefined;
    this.passwords.push(asked.form['pass'] ?? '');
    if (asked.form['pass'] === PASSWORD && this.#wrong < this.#most) return undefined;
    this.#wrong++;
    return { to: `${this.loginPage}?failed=${this.#wrong}` };
  }

  protected override loginForm(asked: AppRequest): AppResponse {
    const said = this.#wrong >= this.#most ? '<p>Too many login attempts. Try again in 57 seconds.</p>' : '';
    return super.loginForm(asked, said);
  }
}

/** An app that responds to some logins with 429 and a short Retry-After. A repeated login succeeds. */
export class ShortLimit extends SmallApp {
  #logins = 0;

  protected override login(asked: AppRequest): AppResponse {
    if (++this.#logins % 6 !== 0) return super.login(asked);
    return { status: 429, headers: { 'Retry-After': '1' }, body: 'Slow down' };
  }
}

/** An app that accepts only the first `most` logins. Later logins get the form with a message, or a redirect to it. */
export class SilentLimit extends SmallApp {
  readonly #most: number;
  readonly #redirects: boolean;
  #logins = 0;

  constructor(most: number, redirects: boolean) {
    super();
    this.#most = most;
    this.#redirects = redirects;
  }

  protected override login(asked: AppRequest): AppResponse {
    if (++this.#logins <= this.#most) return super.login(asked);
    return this.#redirects ? { to: `${this.loginPage}?error=limit` } : this.loginForm(asked);
  }

  protected override loginForm(asked: AppRequest): AppResponse {
    const isFull = this.#logins > this.#most;
    return super.loginForm(asked, isFull ? '<p>Too many login attempts. Try again in 57 seconds.</p>' : '');
  }
}

/** An app that accepts only the first `most` logins. Later logins get 429. */
export class Limits extends SmallApp {
  readonly #most: number;
  #logins = 0;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  protected override login(asked: AppRequest): AppResponse {
    if (++this.#logins > this.#most)
      return { status: 429, headers: { 'Retry-After': '60' }, body: 'Slow down' };
    return super.login(asked);
  }
}

/** An app that greets each user by name on the first page after the login. A cookie contains the message. */
export class Greets extends SmallApp {
  override answer(asked: AppRequest): AppResponse {
    const answer = super.answer(asked);
    const note = asked.cookies['messages'];
    if (note === undefined || answer.body === undefined || asked.path === this.loginPage) return answer;
    const body = answer.body.replace('<nav>', `<p>Hello ${note}.</p><nav>`);
    return { ...answer, body, cookies: [...(answer.cookies ?? []), 'messages=; Path=/; Max-Age=0'] };
  }

  protected override enter(user: string, asked: AppRequest): AppResponse {
    const answer = super.enter(user, asked);
    return { ...answer, cookies: [...(answer.cookies ?? []), `messages=${user}; Path=/; HttpOnly`] };
  }
}

/** An app whose form token is not named `csrf`, and is only on pages of signed-in users. */
export class NamedToken extends SmallApp {
  readonly #field: string;

  constructor(field: string) {
    super();
    this.#field = field;
  }

  override answer(asked: AppRequest): AppResponse {
    const { [this.#field]: csrf = '', ...form } = asked.form;
    const answer = super.answer({ ...asked, form: { ...form, csrf } });
    return { ...answer, body: (answer.body ?? '').replaceAll('name="csrf"', `name="${this.#field}"`) };
  }
}
