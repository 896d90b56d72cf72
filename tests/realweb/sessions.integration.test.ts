/** Tests logins, cookies and sessions of real web apps that look unusual, but are no defects. */
import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { holds, judged, TARGET } from './judged.ts';
import {
  forgetful,
  PASSWORD,
  page,
  redirect,
  type Session,
  SmallWeb,
  type WebRequest,
  type WebResponse,
} from './small-web.ts';

it('a healthy small app is valid; an app that loses sessions violates continuity', async () => {
  const run = await holds(new SmallWeb());
  expect(run.of('read-your-writes').judgement).toBe('valid');
  const broken = await judged(new (forgetful(SmallWeb))());
  expect(broken.of('continuity').judgement).toBe('violated');
});

describe('"signed out" shown by', () => {
  const ways: Record<string, (ask: WebRequest) => WebResponse> = {
    'a 401': () => page('who are you?', 401),
    'a 403': () => page('not yours', 403),
    'a 404': () => page('no such page', 404),
    'a redirect to the login': () => redirect('/login?next=%2Faccount', 302),
    'a redirect to somewhere else': () => redirect('/welcome', 302),
    'a chain of redirects to the login': ({ path }) => redirect(path === '/sso' ? '/login' : '/sso', 302),
    'a page with the login form': () => new SmallWeb().form(),
    'a page with status 200 that names no user': () => page('Welcome, stranger'),
  };
  it.each(Object.keys(ways))('%s is distinguished from a live session', async way => {
    class Web extends SmallWeb {
      override stranger(ask: WebRequest): WebResponse {
        return (ways[way] as (ask: WebRequest) => WebResponse)(ask);
      }
    }
    await holds(new Web());
    const broken = await judged(new (forgetful(Web))());
    expect(broken.of('continuity').anomalies[0]?.name, way).toBe('LOSS');
  });
});

it('an app that refuses each request without Origin and Referer, except for its login page, is not accused', async () => {
  let refused = 0;
  class Web extends SmallWeb {
    override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
      const { origin, referer } = ask.response.req.headers;
      const known = origin ?? referer;
      if (known === undefined && ask.cookies.size > 0) refused++;
      return known === undefined && ask.path !== '/login' ? page('no origin', 400) : super.answer(ask);
    }
  }
  await holds(new Web());
  expect(refused).toBeLessThan(10);
});

describe('redirects', () => {
  /** An app whose login needs several redirects. A token in the first redirect signs the user in. */
  class Handshake extends SmallWeb {
    readonly #tickets = new Map<string, string>();

    override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
      const { path, query, response } = ask;
      if (path === '/sso') return redirect(`finish?ticket=${query.get('ticket')}`, 302);
      if (path !== '/finish') return super.answer(ask);
      const ticket = query.get('ticket') ?? '';
      const user = this.#tickets.get(ticket);
      this.#tickets.delete(ticket);
      if (user === undefined) return redirect('/login', 302);
      return {
        status: 302,
        headers: { location: `http://${response.req.headers.host}/account`, 'set-cookie': this.begin(user) },
      };
    }

    override login(ask: WebRequest): WebResponse {
      const answer = super.login(ask);
      if (answer.status !== 303) return answer;
      const ticket = randomBytes(8).toString('hex');
      this.#tickets.set(ticket, ask.form.get('name') ?? '');
      return redirect(`/sso?ticket=${ticket}`);
    }
  }

  it('of a login are followed if the target file says so', async () => {
    const login = { ...TARGET.login, follow: true };
    const { history } = await holds(new Handshake(), { login });
    // The tokens in the redirects are secrets, which the history must not contain.
    expect(history).not.toContain('ticket');
    await expect(judged(new Handshake())).rejects.toThrow('Add `follow: true` to `login`');
  });

  it.each(['accepted', 'refused'])(
    'are not suggested as the cause of a lost session, if each second login after it is %s',
    async second => {
      class Web extends SmallWeb {
        #first: Session | undefined;
        #later = 0;

        override login(ask: WebRequest): WebResponse {
          if (this.#first !== undefined) this.#later++;
          const accepts = second === 'accepted' || this.#later > 6 || this.#later % 2 === 1;
          return accepts || this.#later === 0 ? super.login(ask) : this.form('busy');
        }

        override sessionOf(cookies: Map<string, string>, instance: string): Session | undefined {
          const session = super.sessionOf(cookies, instance);
          this.#first ??= session;
          return session === this.#first ? undefined : session;
        }
      }
      const { of } = await judged(new Web());
      expect(of('continuity').anomalies[0]?.name).toBe('LOSS');
    },
  );

  it('from the login back to the login page mean that the login was refused', async () => {
    class Web extends Handshake {
      override login(): WebResponse {
        return redirect('/sso?ticket=none');
      }
    }
    const login = { ...TARGET.login, follow: true };
    await expect(judged(new Web(), { login })).rejects.toThrow('the login of alice was refused');
  });

  it('of the page that should name the user are reported with their Location', async () => {
    class Web extends SmallWeb {
      override account(ask: WebRequest, session: Session): WebResponse {
        return ask.query.has('home') ? super.account(ask, session) : redirect('/home/', 302);
      }
    }
    await expect(judged(new Web())).rejects.toThrow(
      'got 302 to /home/. Name the page that this redirect leads to',
    );
  });

  it('of the page that should name the user are an error of the target file, wherever they lead', async () => {
    let reads = 0;
    class Web extends SmallWeb {
      override account(): WebResponse {
        return redirect(`/home/${reads++}`, 302);
      }
    }
    await expect(judged(new Web())).rejects.toThrow(/got 302 to \/home\/\d+, then .*Name the page/);
  });

  it('a page that the app does not have is an error of the target file, not a lost session', async () => {
    const signedIn = { ...TARGET.signedIn, page: '/acount' };
    await expect(judged(new SmallWeb(), { signedIn })).rejects.toThrow(
      'expected /acount to show which user is signed in, got 404 after each login',
    );
  });
});

describe('cookies', () => {
  it('two that change with every response are recognised as the session cookies', async () => {
    /** An app that sets a new key, split into two cookies, with each response. The previous key stays valid. */
    class Web extends SmallWeb {
      readonly #old = new Map<string, Session>();

      override sessionOf(cookies: Map<string, string>): Session | undefined {
        const id = `${cookies.get('left')}${cookies.get('right')}`;
        return this.sessions.get(id) ?? this.#old.get(id);
      }

      override begin(user: string): string[] {
        return this.#fresh({ user, items: [], flash: undefined });
      }

      #fresh(session: Session): string[] {
        const [left, right] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
        this.sessions.set(`${left}${right}`, session);
        const flags = 'Path=/; HttpOnly; SameSite=Lax';
        return [`left=${left}; ${flags}`, `right=${right}; ${flags}`, `seen=${randomInt(1e6)}; ${flags}`];
      }

      override async answer(ask: WebRequest): Promise<WebResponse> {
        const answer = await super.answer(ask);
        const { session, cookies, path } = ask;
        if (session === undefined || path === '/logout') return answer;
        const id = `${cookies.get('left')}${cookies.get('right')}`;
        this.sessions.delete(id);
        this.#old.set(id, session);
        return { ...answer, headers: { ...answer.headers, 'set-cookie': this.#fresh(session) } };
      }
    }
    const { operations } = await holds(new Web());
    const changed = operations.find(({ object, cookies = [] }) => object !== undefined && cookies.length > 0);
    expect(changed?.cookies?.map(({ name }) => name)).toEqual(['left', 'right']);
  });

  it('that are valid only once are not sent twice, since the app then ends the session', async () => {
    /** An app whose cookie `once` changes with each response. Only the last value is valid, as in theft detection. */
    class Web extends SmallWeb {
      readonly #last = new Map<Session, string>();

      override sessionOf(cookies: Map<string, string>, instance: string): Session | undefined {
        const session = super.sessionOf(cookies, instance);
        if (session === undefined || this.#last.get(session) === cookies.get('once')) return session;
        this.sessions.delete(cookies.get('sid') ?? '');
        return undefined;
      }

      override async answer(ask: WebRequest): Promise<WebResponse> {
        const answer = await super.answer(ask);
        const id = /sid=([^;]+)/.exec(String(answer.headers?.['set-cookie'] ?? ''))?.[1];
        const session = ask.session ?? this.sessions.get(id ?? '');
        if (session === undefined || ask.path === '/logout') return answer;
        const once = randomBytes(8).toString('hex');
        this.#last.set(session, once);
        const set = [answer.headers?.['set-cookie'] ?? [], `once=${once}; Path=/; HttpOnly; SameSite=Lax`];
        return { ...answer, headers: { ...answer.headers, 'set-cookie': set.flat() } };
      }
    }
    await holds(new Web());
  });

  it('that every visitor has, and that the login keeps, are no session cookies: no FIXED is reported', async () => {
    class Web extends SmallWeb {
      override async answer(ask: WebRequest): Promise<WebResponse> {
        const answer = await super.answer(ask);
        if (ask.cookies.has('visitor')) return answer;
        const set = [
          answer.headers?.['set-cookie'] ?? [],
          `visitor=${randomBytes(8).toString('hex')}; Path=/`,
        ];
        return { ...answer, headers: { ...answer.headers, 'set-cookie': set.flat() } };
      }
    }
    const options = { workloads: ['fixation'] };
    const { of } = await judged(new Web(), {}, options);
    expect([of('rotation').judgement, of('rotation').why]).toEqual(['valid', undefined]);

    /** The target file of this app names the visitor's cookie as the session cookie. */
    class Fixed extends Web {
      override sessionOf(cookies: Map<string, string>): Session | undefined {
        return this.sessions.get(cookies.get('visitor') ?? '');
      }

      override login(ask: WebRequest): WebResponse {
        const answer = super.login(ask);
        if (answer.status !== 303) return answer;
        const user = ask.form.get('name') ?? '';
        this.sessions.set(ask.cookies.get('visitor') ?? '', { user, items: [], flash: undefined });
        return redirect('/account');
      }
    }
    const fixed = await judged(new Fixed(), {}, options);
    expect(fixed.of('rotation').anomalies[0]?.name).toBe('FIXED');
  });
});

describe('a session in two cookies', () => {
  /** An app with the session in two cookies, like cookie-session: guessable data, and the data's signature. */
  class Signed extends SmallWeb {
    readonly #issued = new Map<string, Set<string>>();

    override begin(user: string): string[] {
      const [line = ''] = super.begin(user);
      const issued = this.#issued.get(user) ?? new Set();
      this.#issued.set(user, issued);
      const text = JSON.stringify({ user: user.padEnd(60), login: issued.size });
      const data = Buffer.from(text).toString('base64url');
      issued.add(data);
      return [`data=${data}; Path=/; HttpOnly; SameSite=Lax`, line];
    }

    /** The first cookie contains the data, and the second cookie its signature. */
    override sessionOf(cookies: Map<string, string>, instance: string): Session | undefined {
      const session = super.sessionOf(cookies, instance);
      const issued = session === undefined ? undefined : this.#issued.get(session.user);
      return issued?.has(cookies.get('data') ?? '') === true ? session : undefined;
    }
  }

  it('is valid if one cookie can be guessed, as long as the other one cannot', async () => {
    const accounts = Array.from({ length: 40 }, (_, n) => ({ user: `user${10 + n}`, password: PASSWORD }));
    const users = accounts.map(({ user }) => user);
    class Many extends Signed {
      override login(ask: WebRequest): WebResponse {
        const user = ask.form.get('name') ?? '';
        if (!users.includes(user)) return this.form('wrong');
        return { status: 303, headers: { location: '/account', 'set-cookie': this.begin(user) } };
      }
    }
    const options = { workloads: ['audit', 'interleave', 'fixation'] };
    const { of, operations } = await judged(new Many(), { accounts, public: ['/healthz'] }, options);
    const data = new Set(
      operations.flatMap(({ cookies = [] }) =>
        cookies.flatMap(({ name, label }) => (name === 'data' ? [label] : [])),
      ),
    );
    expect(data.size).toBeGreaterThanOrEqual(20);
    expect(of('cookie-policy').anomalies).toEqual([]);
  });
});

describe('accounts of an app with open registration', () => {
  /** An app that only registered users can log in to. A registration needs a code from the page with its form. */
  class Open extends SmallWeb {
    readonly known = new Set<string>();
    readonly #codes = new Set<string>();

    override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
      if (ask.path !== '/join') return super.answer(ask);
      if (ask.method === 'GET') {
        const code = randomBytes(8).toString('hex');
        this.#codes.add(code);
        return page(`<input type=hidden name="code" value="${code}">`);
      }
      const name = ask.form.get('name') ?? '';
      if (!this.#codes.delete(ask.form.get('code') ?? '')) return page('no code', 403);
      if (this.known.has(name)) return page('taken', 422);
      this.known.add(name);
      return { ...redirect('/account'), headers: { location: '/account', 'set-cookie': this.begin(name) } };
    }

    override login(ask: WebRequest): WebResponse {
      const name = ask.form.get('name') ?? '';
      if (!this.known.has(name)) return this.form('unknown');
      return { status: 303, headers: { location: '/account', 'set-cookie': this.begin(name) } };
    }
  }
  const changes = {
    accounts: [{ user: 'load-{run}-{n}', password: 'p', count: 4 }],
    csrf: { field: 'code' },
    register: { page: '/join', path: '/join', form: { name: '{user}', code: '{csrf}' } },
  };

  it('are registered once each, before their first login', async () => {
    const web = new Open();
    await holds(web, changes);
    expect(web.known.size).toBe(4);
    // In the second run, the users already exist.
    await holds(web, { ...changes, accounts: [...web.known].map(user => ({ user, password: 'p' })) });
    expect(web.known.size).toBe(4);
  });

  it('that the app refuses to register are reported with the response', async () => {
    const { code: _, ...form } = changes.register.form;
    const run = judged(new Open(), { ...changes, register: { ...changes.register, form } });
    await expect(run).rejects.toThrow('It was registered before: POST /join got status 403');
  });
});
