/**
 * Tests behaviour of real web apps that is not a defect. A small healthy server has each behaviour. If the behaviour
 * could hide a defect, a broken server is tested too.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logsIn } from '../../verify/commands/arguments.ts';
import { judged, TARGET } from './judged.ts';
import {
  PASSWORD,
  page,
  redirect,
  type Session,
  SmallWeb,
  type WebRequest,
  type WebResponse,
} from './small-web.ts';

/** Adds a defect, which must be found in every app: every second session is known to only one of the instances. */
const forgetful = <T extends new () => SmallWeb>(Web: T) =>
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

/** Verifies an app. Checks that the evidence is sufficient and that no guarantee is violated. */
async function holds(
  web: SmallWeb,
  changes: Parameters<typeof judged>[1] = {},
  options: Parameters<typeof judged>[2] = {},
) {
  const run = await judged(web, changes, options);
  expect(run.result.guarantees.flatMap(({ claimed, anomalies }) => (claimed ? anomalies : []))).toEqual([]);
  expect([run.of('continuity').judgement, run.of('continuity').why]).toEqual(['valid', undefined]);
  return run;
}

it('a small web without changes is valid; a forgetful one violates continuity', async () => {
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
    'a page like any other': () => page('Welcome, stranger'),
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

describe('redirects', () => {
  /** Signs in after several redirects, by a token in the first redirect. */
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
    // The tokens in the redirects are secrets, like passwords, so the history must not contain them.
    expect(history).not.toContain('ticket');
    await expect(judged(new Handshake())).rejects.toThrow('Add `follow: true` to `login`');
  });

  it.each(['accepted', 'refused'])(
    'are not suggested to be followed if one session was lost, and each second login after it is %s',
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

  it('back to the login page mean that the login was refused', async () => {
    class Web extends Handshake {
      override login(): WebResponse {
        return redirect('/sso?ticket=none');
      }
    }
    const login = { ...TARGET.login, follow: true };
    await expect(judged(new Web(), { login })).rejects.toThrow('the login of alice was refused');
  });

  it('of the page that should name the user are reported with their target', async () => {
    class Web extends SmallWeb {
      override account(ask: WebRequest, session: Session): WebResponse {
        return ask.query.has('home') ? super.account(ask, session) : redirect('/home/', 302);
      }
    }
    await expect(judged(new Web())).rejects.toThrow(
      'got 302 to /home/. Name the page that this redirect leads to',
    );
  });

  it('a page that the app does not have is an error of the target file, not a lost session', async () => {
    const signedIn = { ...TARGET.signedIn, page: '/acount' };
    await expect(judged(new SmallWeb(), { signedIn })).rejects.toThrow(
      'expected /acount to show which user is signed in, got 404 after each login',
    );
  });
});

describe('cookies', () => {
  it('several that change with every response are kept, and recognised as the session', async () => {
    /** With each response, sets a new key in two cookies, and a counter in a third. The previous key stays valid. */
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

  it('a second one that is valid once, and ends the session when it is used again, is not used twice', async () => {
    /**
     * Works like a remember-me cookie with theft detection: the session accepts only the last value of the cookie
     * `once`.
     */
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

  it('one of a visitor that survives the login is not the session: no FIXED', async () => {
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

    /** The same app, but with the visitor's cookie as the session cookie. */
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

describe('lists', () => {
  it('do not include the same text in another panel or in the search box', async () => {
    class Web extends SmallWeb {
      readonly #recent = new Map<Session, string[]>();

      override items(ask: WebRequest, session: Session): WebResponse {
        const recent = (this.#recent.get(session) ?? []).map(item => `<li>${item}</li>`).join('');
        const body = String(super.items(ask, session).body);
        return page(
          `<input name=q value="${session.items.at(-1) ?? ''}">${body}<ul id=recent>${recent}</ul>`,
        );
      }

      override add(ask: WebRequest, session: Session): WebResponse {
        this.#recent.set(
          session,
          [ask.form.get('item') ?? '', ...(this.#recent.get(session) ?? [])].slice(0, 5),
        );
        return super.add(ask, session);
      }
    }
    const read = { path: '/items', items: '<li>([^<]*)', within: '<ul id=items>(.*?)</ul>' };
    await holds(new Web(), { probes: [{ ...(TARGET.probes[0] as object), read }] });

    /** Loses writes on one instance: the list does not show them, but the panel still does. */
    class Losing extends Web {
      override add(ask: WebRequest, session: Session): WebResponse {
        const before = [...session.items];
        const answer = super.add(ask, session);
        if (ask.instance === 'two') session.items = before;
        return answer;
      }
    }
    const { of } = await judged(new Losing(), { probes: [{ ...(TARGET.probes[0] as object), read }] });
    expect(of('read-your-writes').judgement).toBe('violated');

    /** Shows no written value in the list. Then the expression in the target file is probably wrong, not the app. */
    class Elsewhere extends Web {
      override list(): string {
        return super.list([]);
      }
    }
    await expect(
      judged(new Elsewhere(), { probes: [{ ...(TARGET.probes[0] as object), read }] }),
    ).rejects.toThrow(/expected read\.items to find .* Correct the expression/);
  });

  /** Has a list on several pages, with so many older items that new items are on the last page. */
  class Paged extends SmallWeb {
    readonly rows: number = 4;
    static readonly OLD = Array.from({ length: 9 }, (_, i) => `old-${i}`);

    override items({ query }: WebRequest, session: Session): WebResponse {
      const number = Number(query.get('page') ?? 1);
      const all = [...(this.constructor as typeof Paged).OLD, ...session.items];
      const shown = all.slice((number - 1) * this.rows, number * this.rows);
      return page(
        this.header(session) + this.list(shown) + this.more(number, number * this.rows < all.length),
      );
    }

    more(number: number, more: boolean): string {
      return more ? `<a class="btn" rel="next" href="/items?page=${number + 1}&amp;x=1">Next</a>` : '';
    }
  }

  it('of several pages are read to the end: by rel=next, by number, by the target file', async () => {
    class Numbered extends Paged {
      override more(number: number): string {
        return [1, 2, 3, 4, 5]
          .map(n => `<a href="?page=${n}"${n === number ? ' class=on' : ''}>${n}</a>`)
          .join('');
      }
    }
    class Named extends Paged {
      override more(number: number, more: boolean): string {
        return more ? `<button data-more="/items?page=${number + 1}">` : '';
      }
    }
    const next = {
      ...(TARGET.probes[0] as object),
      read: { path: '/items', items: '<li>([^<]*)', next: 'data-more="([^"]*)' },
    };
    for (const [web, probes] of [
      [new Paged(), undefined],
      [new Numbered(), undefined],
      [new Named(), [next]],
    ] as const) {
      const { of, operations } = await holds(web, probes === undefined ? {} : { probes: [...probes] }, {
        enough: 500,
      });
      expect(of('read-your-writes').judgement).toBe('valid');
      // A read found values on the third page or on later pages, which have the written values.
      expect(operations.some(({ saw = [] }) => saw.length > 9)).toBe(true);
    }
  });

  it('of several pages with a lost write are found', async () => {
    class Losing extends Paged {
      override add(ask: WebRequest, session: Session): WebResponse {
        return ask.instance === 'two' ? redirect('/items') : super.add(ask, session);
      }
    }
    expect((await judged(new Losing(), {}, { enough: 500 })).of('read-your-writes').judgement).toBe(
      'violated',
    );
  });

  it('that are cut off at a hundred rows give no evidence about missing rows', async () => {
    class Cut extends Paged {
      static override readonly OLD = Array.from({ length: 100 }, (_, i) => `old-${i}`);
      override readonly rows = 100;
      override more(): string {
        return '';
      }
    }
    const { of, violated } = await judged(new Cut());
    expect([of('read-your-writes').judgement, violated]).toEqual(['unknown', []]);
  });
});

describe('a write that only a message confirms', () => {
  /**
   * Gives the same response to a write that it keeps and to a write that it refuses. Only the next page shows the
   * result, once.
   */
  class Flash extends SmallWeb {
    override add({ form }: WebRequest, session: Session): WebResponse {
      const item = form.get('item') ?? '';
      const full = session.items.length >= 5;
      if (!full) session.items.push(item);
      session.flash = full ? 'Your list is full.' : `Added ${item}.`;
      return redirect('/items');
    }

    override items(ask: WebRequest, session: Session): WebResponse {
      const said = session.flash === undefined ? '' : `<p class=flash>${session.flash}</p>`;
      session.flash = undefined;
      const answer = super.items(ask, session);
      return { ...answer, body: said + answer.body };
    }
  }
  const probe = TARGET.probes[0] as { add: object };

  it('is acknowledged by the message, and is undetermined without it', async () => {
    const probes = [{ ...probe, add: { ...probe.add, confirmed: 'Added {value}' } }];
    const { of, history } = await holds(new Flash(), { probes });
    expect(of('read-your-writes').judgement).toBe('valid');
    expect(history).toContain('"outcome":"info","status":303,"note":"303');
    const refused = await holds(new Flash(), { probes, busy: 'list is full' });
    expect(refused.history).toContain('"outcome":"fail","status":303,"note":"303');
    // Without `confirmed`, the redirect counts as an acknowledgement, even of refused writes.
    expect((await judged(new Flash())).of('read-your-writes').judgement).toBe('violated');
  });

  it('is found if it is lost in spite of the message', async () => {
    class Losing extends Flash {
      override add(ask: WebRequest, session: Session): WebResponse {
        const answer = super.add(ask, session);
        if (ask.instance === 'two')
          session.items = session.items.filter(item => item !== ask.form.get('item'));
        return answer;
      }
    }
    const probes = [{ ...probe, add: { ...probe.add, confirmed: 'Added {value}' } }];
    expect((await judged(new Losing(), { probes })).of('read-your-writes').judgement).toBe('violated');
  });
});

describe('an app that is sometimes unavailable', () => {
  /** Responds to every 20th request with a maintenance page. */
  class Closed extends SmallWeb {
    #asked = 0;
    closed: WebResponse = page('We will be back soon');

    override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
      return ++this.#asked % 20 === 0 ? this.closed : super.answer(ask);
    }
  }

  it('with a maintenance page of status 503 is down, and has lost no session', async () => {
    const web = new Closed();
    web.closed = { ...page('maintenance', 503), headers: { 'retry-after': '1' } };
    const run = await judged(web);
    expect(run.violated).toEqual(['availability']);
    expect(run.of('continuity').judgement).toBe('valid');
  });

  it('with a maintenance page of status 200 has lost no session, if the target file names its words', async () => {
    await holds(new Closed(), { busy: 'be back soon' });
    expect((await judged(new Closed())).violated).toContain('continuity');
  });

  it('with a 429 and a Retry-After gets the request again after it; each attempt is counted', async () => {
    const web = new Closed();
    web.closed = { status: 429, headers: { 'retry-after': '0' }, body: 'slow down' };
    const { result } = await holds(web);
    expect(result.tally.failures['429']).toBeGreaterThan(5);
  });
});

describe('an app whose responses do not name the instance', () => {
  class Silent extends SmallWeb {
    override async answer(ask: WebRequest): Promise<WebResponse> {
      const answer = await super.answer(ask);
      const [first, second] = ask.instance === 'one' ? ['x-a', 'x-b'] : ['x-b', 'x-a'];
      return { ...answer, headers: { [first as string]: '1', [second as string]: '1', ...answer.headers } };
    }
  }

  it('is reported with the number of instances that the responses suggest, which is no evidence', async () => {
    const { of, result } = await judged(new Silent(), { instance: undefined });
    expect(of('continuity').judgement).toBe('unknown');
    expect(result.remarks.join()).toContain('by header order the answers look as if from 2. That is a guess');
  });

  it('is recognised by the log of its balancer during the run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-log-'));
    const file = join(folder, 'access.log');
    class Logging extends Silent {
      override async answer(ask: WebRequest): Promise<WebResponse> {
        const answer = await super.answer(ask);
        const { 'x-request-id': id } = ask.response.req.headers;
        const address = ask.instance === 'one' ? '10.0.0.1:80' : '10.0.0.2:80';
        const line = `127.0.0.1 - - [-] "${ask.method} ${ask.path} HTTP/1.1" ${answer.status ?? 200} 9 "${id}" "${address}"`;
        appendFileSync(file, `${line}\n`);
        return answer;
      }
    }
    writeFileSync(file, '');
    const { of, result } = await judged(new Logging(), { instance: undefined }, { logs: logsIn(file) });
    rmSync(folder, { recursive: true });
    expect(of('continuity').judgement).toBe('valid');
    expect(result.tally.instances.map(({ instance }) => instance)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    expect(result.tally.namedBy?.['log']).toBeGreaterThan(200);
    expect(result.remarks.join()).not.toContain('guess');
  });
});

describe('around the app', () => {
  it('public pages are shown to every client, and give no evidence about a session', async () => {
    class Web extends SmallWeb {
      override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
        if (ask.path !== '/') return super.answer(ask);
        return page(ask.session === undefined ? 'Welcome' : this.header(ask.session));
      }

      override login(ask: WebRequest): WebResponse {
        const answer = super.login(ask);
        return answer.status === 303 ? { ...answer, headers: { ...answer.headers, location: '/' } } : answer;
      }
    }
    const open = { signedIn: { page: '/', user: 'data-user="([^"]*)"' }, pages: ['/healthz'], public: ['/'] };
    await holds(new Web(), open);
    const broken = await judged(new (forgetful(Web))(), open);
    expect(broken.violated).toContain('continuity');
  });

  it('an IPv6 address works as any other', async () => {
    await holds(new SmallWeb(), {}, { host: '::1' });
  });

  it('a balancer that pins all connections of a client to one instance leaves nothing to judge', async () => {
    class Pinned extends SmallWeb {
      readonly connections = new Set<object>();

      override instance({ socket }: IncomingMessage): string {
        this.connections.add(socket);
        return 'one';
      }
    }
    const web = new Pinned();
    const { of, result } = await judged(web);
    expect(web.connections.size).toBeGreaterThan(1);
    expect([result.tally.handoffs, of('continuity').judgement]).toEqual([0, 'unknown']);
  });

  it('a balancer that pins each user to one instance gets changed cookies on every instance', async () => {
    class ByUser extends SmallWeb {
      override instance({ headers }: IncomingMessage): string {
        return headers.cookie?.includes('route=bob') ? 'two' : 'one';
      }

      override begin(user: string): string[] {
        return [...super.begin(user), `route=${user}; Path=/; HttpOnly; SameSite=Lax`];
      }
    }
    const claims = ['forgery', { routing: 'sticky' }];
    const { of } = await judged(new ByUser(), { claims }, { workloads: ['audit'] });
    expect(of('forgery')).toMatchObject({ judgement: 'valid', rests: { instances: 2 } });
  });
});

describe('a session in two cookies', () => {
  /** Keeps the session in two cookies, like cookie-session: data that can be guessed, and its signature. */
  class Signed extends SmallWeb {
    override begin(user: string): string[] {
      const [line = ''] = super.begin(user);
      return [`data=${this.dataOf(user)}; Path=/; HttpOnly; SameSite=Lax`, line];
    }

    dataOf(user: string): string {
      return Buffer.from(JSON.stringify({ user: user.padEnd(60) })).toString('base64url');
    }

    /** Accepts the signed data only, not the data of another user. */
    override sessionOf(cookies: Map<string, string>, instance: string): Session | undefined {
      const session = super.sessionOf(cookies, instance);
      return session !== undefined && cookies.get('data') === this.dataOf(session.user) ? session : undefined;
    }
  }

  it('may be guessable in one of them if the other cannot be guessed', async () => {
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
  /** Knows only registered users. Registering requires a code from the page with the form. */
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
    // In the next run the users already exist, which Baton accepts too.
    await holds(web, { ...changes, accounts: [...web.known].map(user => ({ user, password: 'p' })) });
    expect(web.known.size).toBe(4);
  });

  it('that are refused are reported with the response', async () => {
    const { code: _, ...form } = changes.register.form;
    const run = judged(new Open(), { ...changes, register: { ...changes.register, form } });
    await expect(run).rejects.toThrow('It was registered before: POST /join was answered 403');
  });
});
