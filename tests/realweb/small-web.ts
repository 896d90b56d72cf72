/** A small web app on two instances behind a balancer, in this process. Tests add the behaviour of real apps. */
import { randomBytes, randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Session {
  user: string;
  items: string[];
  flash: string | undefined;
}

export interface WebRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  cookies: Map<string, string>;
  form: URLSearchParams;
  instance: string;
  session: Session | undefined;
  response: ServerResponse;
}

export interface WebResponse {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string;
}

export const USERS = ['alice', 'bob'];
export const PASSWORD = 'sesame';
const INSTANCES = ['one', 'two'];

export const redirect = (location: string, status = 303): WebResponse => ({ status, headers: { location } });
export const page = (body: string, status = 200): WebResponse => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><title>shop</title>${body}`,
});

export class SmallWeb {
  readonly sessions = new Map<string, Session>();

  /** Returns a random instance. If the instances took turns, all requests of a client could reach the same instance. */
  instance(_request: IncomingMessage): string {
    return INSTANCES[randomInt(INSTANCES.length)] as string;
  }

  sessionOf(cookies: Map<string, string>, _instance: string): Session | undefined {
    return this.sessions.get(cookies.get('sid') ?? '');
  }

  answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
    const { method, path, session } = ask;
    if (path === '/login') return method === 'POST' ? this.login(ask) : this.form();
    if (path === '/healthz') return page('ok');
    if (session === undefined) return this.stranger(ask);
    if (path === '/account') return this.account(ask, session);
    if (path === '/items') return method === 'POST' ? this.add(ask, session) : this.items(ask, session);
    if (path === '/items/remove') return this.remove(ask, session);
    if (path === '/logout') return this.logout(ask);
    return page('nothing here', 404);
  }

  form(note = ''): WebResponse {
    return page(
      `${note}<form method=post action=/login><input name=name><input name=password type=password></form>`,
    );
  }

  /** Returns the response to a client without a session that requests a page for signed-in users. */
  stranger(_ask: WebRequest): WebResponse {
    return redirect('/login');
  }

  login(ask: WebRequest): WebResponse {
    const user = ask.form.get('name') ?? '';
    if (!USERS.includes(user) || ask.form.get('password') !== PASSWORD) return this.form('wrong');
    return { status: 303, headers: { location: '/account', 'set-cookie': this.begin(user) } };
  }

  /** Begins a session. Returns its Set-Cookie lines. */
  begin(user: string): string[] {
    const id = randomBytes(16).toString('hex');
    this.sessions.set(id, { user, items: [], flash: undefined });
    return [`sid=${id}; Path=/; HttpOnly; SameSite=Lax`];
  }

  /** Returns the HTML at the top of each page of a signed-in user. */
  header({ user }: Session): string {
    return `<p data-user="${user}">`;
  }

  account(_ask: WebRequest, session: Session): WebResponse {
    return page(this.header(session));
  }

  items(_ask: WebRequest, session: Session): WebResponse {
    return page(this.header(session) + this.list(session.items));
  }

  list(items: readonly string[]): string {
    return `<ul id=items>${items.map(item => `<li>${item}</li>`).join('')}</ul>`;
  }

  add({ form }: WebRequest, session: Session): WebResponse {
    session.items.push(form.get('item') ?? '');
    return redirect('/items');
  }

  remove({ form }: WebRequest, session: Session): WebResponse {
    session.items = session.items.filter(item => item !== form.get('item'));
    return redirect('/items');
  }

  logout({ cookies }: WebRequest): WebResponse {
    this.sessions.delete(cookies.get('sid') ?? '');
    return { status: 303, headers: { location: '/login', 'set-cookie': 'sid=; Path=/; Max-Age=0' } };
  }

  readonly listener: RequestListener = (request, response) => {
    // Drops requests whose body is cut off.
    this.#respond(request, response).catch((error: unknown) => {
      if (request.complete) throw error;
    });
  };

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const instance = this.instance(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop.test');
    const pairs = (request.headers.cookie ?? '').split('; ').filter(pair => pair.includes('='));
    const cookies = new Map(
      pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    const ask: WebRequest = {
      method: request.method ?? 'GET',
      path: pathname,
      query: searchParams,
      cookies,
      form: new URLSearchParams(await text(request)),
      instance,
      session: this.sessionOf(cookies, instance),
      response,
    };
    const { status = 200, headers = {}, body = '' } = await this.answer(ask);
    response.writeHead(status, { 'x-instance': instance, 'cache-control': 'no-store', ...headers }).end(body);
  }
}

/** Adds a defect that Baton must find in every app: instance `two` does not know every second session. */
export const forgetful = <T extends new () => SmallWeb>(Web: T) =>
  class extends (Web as new () => SmallWeb) {
    readonly #numbers = new Map<Session, number>();

    override sessionOf(cookies: Map<string, string>, instance: string): Session | undefined {
      const session = super.sessionOf(cookies, instance);
      if (session === undefined) return undefined;
      const number = this.#numbers.get(session) ?? this.#numbers.size;
      this.#numbers.set(session, number);
      return instance === 'two' && number % 2 === 1 ? undefined : session;
    }
  };

/** Starts the server. Returns its address, and a function that stops the server. */
export async function serve(web: SmallWeb, host = '127.0.0.1'): Promise<{ url: string; stop(): void }> {
  const server = createServer(web.listener);
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
