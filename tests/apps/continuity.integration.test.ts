/** Tests what Baton concludes from responses about a session and its login. */
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../verify/core/history/history.ts';
import type { VerifyOptions } from '../../verify/plan.ts';
import {
  Chunked,
  FormOnHome,
  FormPerInstance,
  FormReplacesCookie,
  Guest,
  HopEnds,
  JsonNotes,
  KeepsSession,
  ReplacesCookie,
} from './continuities.ts';
import { FewSessions } from './limits.ts';
import type { AppRequest, AppResponse, How } from './serve.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const run = (app: SmallApp, file: object = {}, options: VerifyOptions = {}, how: How = {}): Promise<Judged> =>
  withApp(
    app,
    ({ url }) =>
      judged({ ...USUAL, url, claims: ['continuity'], ...file }, { workloads: ['hop'], ...options }),
    how,
  );

it('a response that deletes the old session cookie and sets a new one, or shortens a chunked cookie, loses no session', async () => {
  const claims = ['continuity', 'isolation', 'read-your-writes', 'logout-final', 'rotation'];
  const healthy = await run(new Chunked(), { claims }, { workloads: ['hop', 'logout-race', 'fixation'] });
  expect(those(healthy, 'valid')).toEqual(claims);
  const events = healthy.events.filter(event => event.type === 'op' || event.type === 'end');
  const deleted = events.filter(({ cookies }) => cookies?.some(({ change }) => change === 'deleted'));
  expect(deleted.length).toBeGreaterThan(100);
});

/** The login form of the app contains a form token. */
const WITH_TOKEN = { login: { ...USUAL.login, form: { ...USUAL.login.form, csrf: '{csrf}' } } };

describe('one account of forty has a wrong password', () => {
  const accounts = Array.from({ length: 40 }, (_, n) => ({ user: `user${n}`, password: PASSWORD }));
  class Forty extends SmallApp {
    override users = accounts.map(({ user }) => user);
  }

  it('is named in an error before the load', async () => {
    const wrong = accounts.map((one, n) => (n === 17 ? { ...one, password: 'wrong' } : one));
    await expect(run(new Forty(), { accounts: wrong })).rejects.toThrow(
      /refused 1 of 40 accounts every time: user17; user0 was accepted\. Correct their user names or passwords/,
    );
  });

  it('is not reported if the login was lost between two instances', async () => {
    const few = accounts.slice(0, 6);
    class Few extends FormPerInstance {
      override users = few.map(({ user }) => user);
    }
    const broken = await run(new Few(), { accounts: few, ...WITH_TOKEN });
    expect(those(broken, 'violated')).toEqual(['continuity']);
  });
});

describe('a page of a probe that does not name its user', () => {
  const probes = [
    {
      object: 'notes',
      kind: 'bag',
      read: { path: '/notes', items: { json: '/*' } },
      add: { path: '/notes', form: { text: '{value}' } },
    },
  ];
  const file = { probes, claims: ['continuity', 'read-your-writes'] };

  it('is judged if the app shows it only to signed-in clients', async () => {
    expect(those(await run(new JsonNotes(), file, { sessions: 4 }), 'valid')).toEqual(file.claims);
    class Local extends JsonNotes {
      override knows({ born }: Session, { instance }: AppRequest): boolean {
        return born === instance;
      }
    }
    expect(those(await run(new Local(), file), 'violated')).toEqual(['continuity']);
  });

  it('is rejected before the load if the app shows it to every client', async () => {
    const app = new JsonNotes();
    app.open = true;
    await expect(run(app, file)).rejects.toThrow(
      /probes\.notes\.read: expected \/notes to name its user.*signed-out client also gets status 200 from this page/,
    );
  });
});

it('if an app limits the sessions of a user, the report suggests the key `sessions` of the target file', async () => {
  const limited = await run(new FewSessions(1));
  expect(limited.findings['continuity']).toContain('declare `sessions` in the target file');
});

it('if an instance replaces the cookie of a lost session, Baton sends the cookie of the login again', async () => {
  const { anomalies } = await run(new ReplacesCookie());
  const notes = anomalies.flatMap(({ notes: of }) => of);
  expect(notes).toContainEqual(
    expect.stringMatching(/^(one|two) replaced the cookie sid \(302 to \/login\)/),
  );
  expect(notes).toContainEqual(
    expect.stringMatching(/sent again afterwards: .*honoured it ([1-6]) of \1 times/),
  );
});

describe('a login that redirects to the page that showed the form', () => {
  const file = {
    login: { page: '/home', path: '/home', form: { user: '{user}', pass: '{password}' } },
    claims: ['continuity'],
  };

  it('is accepted if the page no longer shows a password field', async () => {
    expect(those(await run(new FormOnHome(), file), 'valid')).toEqual(['continuity']);
    const same = { ...file, signedIn: { ...USUAL.signedIn, page: '/home' } };
    expect(those(await run(new FormOnHome(), same), 'valid')).toEqual(['continuity']);
  });

  it('is accepted if only the instance of the login knows the session, and the other replaces its cookie', async () => {
    expect(those(await run(new FormReplacesCookie(), file), 'violated')).toEqual(['continuity']);
    class ShowsForm extends FormReplacesCookie {
      protected override refuse(asked: AppRequest): AppResponse {
        return this.loginForm(asked);
      }
    }
    expect(those(await run(new ShowsForm(), file), 'violated')).toEqual(['continuity']);
  });

  it('is refused if the page still shows a password field, and the history records the refusal', async () => {
    const accounts = USUAL.accounts.map(account => ({ ...account, password: 'wrong' }));
    for (const page of ['/home', '/account'])
      await expect(
        run(new FormOnHome(), { ...file, accounts, signedIn: { ...USUAL.signedIn, page } }),
      ).rejects.toThrow(/the login of alice was refused/);
  });
});

it('a session is lost if its first request on another instance gets the login page with status 200', async () => {
  const broken = await run(new HopEnds());
  expect(those(broken, 'violated')).toEqual(['continuity']);
  expect(broken.findings['continuity']).toMatch(/sessions lost/);
});

it('logins are lost if they fail on every pair of instances, while each instance alone accepts them', async () => {
  const broken = await run(new FormPerInstance(), WITH_TOKEN, {}, { instances: 5 });
  expect(those(broken, 'violated')).toEqual(['continuity']);
  expect(broken.anomalies[0]?.summary).toContain(
    'a login begun on one instance could not be finished on another',
  );
});

it('a login whose redirects end at the login page has the outcome `fail` in the history', async () => {
  class Second extends SmallApp {
    #logins = 0;
    protected override login(asked: AppRequest): AppResponse {
      return ++this.#logins === 2 ? { to: '/welcome' } : super.login(asked);
    }
    protected override route(asked: AppRequest): AppResponse | undefined {
      return asked.path === '/welcome' ? { to: this.loginPage } : undefined;
    }
  }
  const { events } = await run(new Second(), { login: { ...USUAL.login, follow: true } });
  const starts = events.filter(event => event.type === 'start' && event.action === 'login') as Operation[];
  const second = events.find(event => event.type === 'end' && event.id === starts[1]?.id);
  expect(second).toMatchObject({ outcome: 'fail', signedIn: 'out', note: '302 to /welcome' });
});

describe('rotation of an app that sets no cookie before the login', () => {
  const file = { claims: ['rotation', 'isolation'] };
  const options = { workloads: ['hop', 'fixation', 'interleave'] };

  it('is judged by logins over the live session of another user', async () => {
    const healthy = await run(new SmallApp(), file, options);
    expect(those(healthy, 'valid')).toEqual(['isolation', 'rotation']);
    expect(healthy.rests['rotation']?.['from before the login']).toBe(5);
    const broken = await run(new KeepsSession(), file, options);
    expect(those(broken, 'violated')).toEqual(['rotation']);
  });

  it('is unknown if signed-in users are redirected away from the login, since nothing is judged', async () => {
    const guest = await run(new Guest(), file, options);
    expect(guest.claimed).toEqual({ rotation: 'unknown', isolation: 'valid' });
    expect(guest.rests['rotation']?.['from before the login']).toBe(0);
  });
});
