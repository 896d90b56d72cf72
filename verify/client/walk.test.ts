import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reply } from '../core/response/reply.ts';
import { watching } from '../testing/watch.ts';
import { Network } from './network.ts';
import type { Send } from './send.ts';
import { SessionClient } from './session-client.ts';
import { followLogout, lastOf, Walk } from './walk.ts';

const APP = 'http://127.0.0.1:8080';
const PROVIDER = 'http://localhost:9000';

let network: Network;
afterEach(() => network.close());

/** Returns a walk (a login of several pages) that begins at the response to /login. */
function walkOf(first: Partial<Reply>, answers: Record<string, Partial<Reply>>) {
  network = new Network({ url: APP, headers: {}, tls: undefined, limits: undefined, origins: [PROVIDER] });
  const client = new SessionClient(network);
  const whole = (part: Partial<Reply> = {}): Reply => ({
    status: 200,
    headers: {},
    body: '',
    cookies: [],
    ...part,
  });
  const sent: Send[] = [];
  const walk = new Walk(client, { url: client.addressOf('/login'), reply: whole(first) });
  const send = async (step: Send): Promise<Reply> => {
    sent.push(step);
    return whole(answers[step.path.replace(/\?.*/, '')]);
  };
  return { walk, send, sent };
}

const to = (location: string): Partial<Reply> => ({ status: 302, headers: { location } });
const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${name}" value="${value}">`;
const LOGIN = {
  body: `<form method="post" action="/sign-in">${hidden('flow', '7')}<input name="user"><input type="password" name="pass">
    <button name="go" value="in">Log in</button><button name="go" value="no">Cancel</button></form>`,
};
const CONSENT = {
  body: `<form method="post" action="/consent">${hidden('flow', '7')}<button>Continue</button></form>`,
};
const VALUES = [{ user: 'alice', pass: 'open sesame' }];

describe('a login', () => {
  it('goes to the provider, fills in its form, sends its consent, and ends at the redirect to the app', async () => {
    const { walk, send, sent } = walkOf(to(`${PROVIDER}/auth?state=1`), {
      [`${PROVIDER}/auth`]: LOGIN,
      [`${PROVIDER}/sign-in`]: CONSENT,
      [`${PROVIDER}/consent`]: to(`${APP}/callback?code=c&state=1`),
    });
    const last = await lastOf(walk, VALUES, send);
    expect(last).toMatchObject({ method: 'GET', path: '/callback?code=c&state=1' });
    // The form is on the identity provider's page, so the request comes from the provider's site.
    expect(last?.from?.origin).toBe(PROVIDER);
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${PROVIDER}/auth?state=1`,
      `POST ${PROVIDER}/sign-in`,
      `POST ${PROVIDER}/consent`,
    ]);
    expect(sent[1]?.form).toEqual({ flow: '7', go: 'in', user: 'alice', pass: 'open sesame' });
    expect(sent[0]?.from?.origin).toBe(APP);
  });

  it('needs no form if the provider knows the user; the last request then comes from the site of the app', async () => {
    const { walk, send } = walkOf(to(`${PROVIDER}/auth`), {
      [`${PROVIDER}/auth`]: to(`${APP}/callback?code=c`),
    });
    const last = await lastOf(walk, VALUES, send);
    expect([last?.path, last?.from?.origin]).toEqual(['/callback?code=c', APP]);
  });

  it('returns by a form that a script submits, as with form_post', async () => {
    const { walk, send } = walkOf(to(`${PROVIDER}/auth`), {
      [`${PROVIDER}/auth`]: {
        body: `<form method="post" action="${APP}/callback">${hidden('code', 'c')}</form>`,
      },
    });
    expect(await lastOf(walk, [], send)).toMatchObject({
      method: 'POST',
      path: '/callback',
      form: { code: 'c' },
    });
  });

  it('on the app alone sends the form of its page, and no other form', async () => {
    const { walk, send, sent } = walkOf({ body: CONSENT.body + LOGIN.body }, {});
    expect(await lastOf(walk, VALUES, send)).toMatchObject({ method: 'POST', path: '/sign-in' });
    expect(sent).toEqual([]);
  });

  it('over two pages fills in one form after the other', async () => {
    const page = (name: string) => `<form method="post" action="/${name}"><input name="${name}"></form>`;
    const { walk, send, sent } = walkOf({ body: page('user') }, { '/user': { body: page('pass') } });
    const last = await lastOf(walk, [{ user: 'alice' }, { pass: 'open sesame' }], send);
    expect([sent.map(({ path }) => path), last?.path]).toEqual([['/user'], '/pass']);
  });

  it('stops at a refusal of the provider, and says what the page shows, without its query', async () => {
    const { walk, send } = walkOf(to(`${PROVIDER}/auth?state=1`), {
      [`${PROVIDER}/auth`]: LOGIN,
      [`${PROVIDER}/sign-in`]: LOGIN,
    });
    expect(await lastOf(walk, VALUES, send)).toBeUndefined();
    expect(walk.stop).toBe(
      'http://localhost:9000/sign-in responded 200, and showed a form with the fields flow, user, pass',
    );
  });

  it('visits no host that the target file does not name', async () => {
    const { walk, send, sent } = walkOf(to('https://other.example.test/auth?state=1'), {});
    expect(await lastOf(walk, VALUES, send)).toBeUndefined();
    expect(sent).toEqual([]);
    expect(walk.stop).toContain(
      'redirected to https://other.example.test: if it takes part in the login, add it',
    );
  });

  it('stops after a maximum number of redirects', async () => {
    const { walk, send, sent } = walkOf(to(`${PROVIDER}/auth`), { [`${PROVIDER}/auth`]: to('/auth') });
    expect(await lastOf(walk, [], send)).toBeUndefined();
    expect(sent.length).toBe(30);
    expect(walk.stop).toBe(
      'http://localhost:9000/auth redirected to http://localhost:9000 again, after 30 pages',
    );
  });

  it('stops at a redirect to another program, whose address may hold a secret', async () => {
    const { walk, send } = walkOf(to('myapp://callback?code=secret'), {});
    expect(await lastOf(walk, VALUES, send)).toBeUndefined();
    expect(walk.stop).toBe(
      `${APP}/login redirected to an address that begins with myapp:, which opens another program`,
    );
  });
});

describe('a logout', () => {
  const END = {
    body: `<form id="f" method="post" action="/end">${hidden('xsrf', 'x')}</form>
    <button form="f" name="logout" value="yes">Log out</button><button form="f">Stay</button>`,
  };

  it('confirms at the provider, and stops at the first page of the app', async () => {
    const { walk, send, sent } = walkOf(to(`${PROVIDER}/out`), {
      [`${PROVIDER}/out`]: END,
      [`${PROVIDER}/end`]: to(`${APP}/`),
      '/': to(`${PROVIDER}/auth`),
    });
    expect(await followLogout(walk, send)).toBe(true);
    expect(sent.map(({ path }) => path)).toEqual([`${PROVIDER}/out`, `${PROVIDER}/end`, '/']);
    expect(sent[1]?.form).toEqual({ xsrf: 'x', logout: 'yes' });
  });

  it('follows no redirect within the app, where the next login may begin', async () => {
    const { walk, send, sent } = walkOf({ ...to('/login'), leads: '/login' }, {});
    expect(await followLogout(walk, send)).toBe(true);
    expect(sent).toEqual([]);
  });

  it('that fails at the provider is not acknowledged', async () => {
    const { walk, send } = walkOf(to(`${PROVIDER}/out`), { [`${PROVIDER}/out`]: { status: 500 } });
    expect(await followLogout(walk, send)).toBe(false);
  });
});

it('requests to another host count for the limits of the target', async () => {
  const limits = { connections: 1 };
  network = new Network({ url: APP, headers: {}, tls: undefined, limits, origins: [PROVIDER] });
  const provider = network.others.get(PROVIDER);
  const ends = await provider?.turn(undefined);
  expect(network.room()).toBe(false);
  ends?.();
  expect(network.room()).toBe(true);
});

it('a request to another host carries the cookies of the browser, and no header of the target file', async () => {
  const seen: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    seen.push({ ...request.headers });
    response.setHeader('Set-Cookie', 'provider=known; HttpOnly').end();
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const origin = `http://localhost:${(server.address() as { port: number }).port}`;
  try {
    const headers = { Authorization: 'Bearer secret', Host: 'app.example.test' };
    network = new Network({ url: APP, headers, tls: undefined, limits: undefined, origins: [origin] });
    const client = new SessionClient(network);
    client.put('sid', 'of the app');
    const from = client.addressOf('/login');
    for (let i = 0; i < 2; i++)
      await client.send({ method: 'GET', path: `${origin}/auth?state=1`, from }, undefined, watching({}));
    expect(seen[1]).toMatchObject({ host: new URL(origin).host, cookie: 'provider=known' });
    expect(Object.keys(seen[1] ?? {})).not.toContain('authorization');
    expect(Object.keys(seen[1] ?? {})).not.toContain('x-request-id');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
