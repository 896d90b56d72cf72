/** Tests the recorded times of operations with several requests, such as reading a list of pages. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { planOf } from '../plan.ts';
import { record } from '../recording.ts';
import { parseTarget } from '../target/load.ts';
import { Driver } from './driver.ts';
import { TEXTS } from './texts.ts';
import { trialWrite } from './trial-write.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function driving(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = parseTarget(
    JSON.stringify({
      version: 1,
      name: 'small',
      url: `http://127.0.0.1:${port}`,
      accounts: [{ user: 'alice', password: 'x' }],
      login: { page: '/login', path: '/login', form: {} },
      signedIn: { page: '/', user: 'data-user="(.*?)"' },
      probes: [
        {
          object: 'notes',
          kind: 'list',
          scope: 'session',
          read: { path: '/notes', items: '<li>(.*?)</li>' },
          add: { path: '/notes', form: { text: '{value}' } },
        },
        {
          object: 'count',
          kind: 'counter',
          scope: 'session',
          read: { path: '/count', items: '<b>(.*?)</b>' },
          increment: { path: '/count', form: {} },
        },
      ],
      claims: ['continuity'],
    }),
    'small',
    {},
  );
  const out = mkdtempSync(join(tmpdir(), 'baton-driver-'));
  ends.push(() => rmSync(out, { recursive: true }));
  const operations: Operation[] = [];
  const plan = planOf(target, { seed: 1, out, onOperation: operation => operations.push(operation) });
  const { context, close } = record(plan);
  ends.push(() => close('complete'));
  const [notes, count] = target.probes;
  if (notes === undefined || count === undefined) throw new Error('expected two probes');
  return {
    context,
    driver: Driver.of(context, 0),
    operations,
    notes,
    count,
    target,
    recorder: context.recorder,
  };
}

const PAGE = '<p data-user="alice">';
/** A planned time, microseconds: 5 s before the start of the run's clock. */
const DUE = -5_000_000;

it('the time of a list of several pages begins at the planned time of its first page', async () => {
  const { driver, operations, notes } = await driving(({ url }, response) => {
    const next = { '/notes': '/notes?page=2', '/notes?page=2': '/notes?page=3' }[url ?? ''];
    response.end(`${PAGE}<li>${url}</li>${next === undefined ? '' : `<a rel="next" href="${next}">`}`);
  });
  const { operation } = await driver.read(notes, { due: DUE });
  const [first, second, last] = operations;
  expect(last).toBe(operation);
  expect(operation.saw).toEqual(['/notes', '/notes?page=2', '/notes?page=3']);
  expect(operation).toMatchObject({ call: first?.call, late: first?.late });
  expect(first?.late).toBe((first?.call ?? 0) - DUE);
  expect(second).not.toHaveProperty('late');
});

const planned = (operations: readonly Operation[]) =>
  operations.map(({ action, status, late }) => [action, status, late !== undefined]);

it('a retry after status 429 has no planned time: the app has asked for the wait', async () => {
  let refused = 0;
  const { driver, operations, recorder } = await driving((_, response) => {
    if (refused++ === 0) response.writeHead(429, { 'retry-after': '0' }).end();
    else response.end(PAGE);
  });
  const waits: number[] = [];
  recorder.waits = time => waits.push(time);
  await driver.read(undefined, { due: DUE });
  expect(waits).toEqual([0]);
  expect(planned(operations)).toEqual([
    ['read', 429, true],
    ['read', 200, false],
  ]);
});

it('if a write needs a read first, the read has the planned time', async () => {
  const { driver, operations, count } = await driving((_, response) => response.end(`${PAGE}<b>0</b>`));
  for (let i = 0; i < 2; i++) await driver.write(count, { due: DUE });
  expect(planned(operations)).toEqual([
    ['read', 200, true],
    ['increment', 200, false],
    ['increment', 200, true],
  ]);
});

it('a text is unchanged only if the list shows it once more: an app may add both texts of a repeated field', async () => {
  /**
   * Returns the result `shown` of a trial write for each kind of text.
   *
   * @param added stands for the app: receives the texts of a form, and returns the texts that the app stores
   */
  const shown = async (added: (texts: string[]) => string[], begun: string[] = []): Promise<boolean[]> => {
    const notes = [...begun];
    const started = await driving(async (request, response) => {
      if (request.method === 'POST')
        notes.push(...added(new URLSearchParams(await text(request)).getAll('text')));
      response.end(`${PAGE}${notes.map(note => `<li>${note}</li>`).join('')}`);
    });
    const trials: boolean[] = [];
    for (const [kind] of TEXTS)
      trials.push((await trialWrite(started.driver, started.context, started.notes, { text: kind })).shown);
    return trials;
  };
  expect(await shown(([first = '']) => [first])).toEqual([false, true, true, true, true]);
  expect(await shown(all => all)).toEqual([false, true, true, false, true]);
  expect(await shown(([first = '']) => [first], [''])).toEqual([false, true, true, true, false]);
});

it('keeps the form from before a refused login, not the form to which the login redirects', async () => {
  const { driver, operations } = await driving((request, response) => {
    if (request.method === 'POST') response.writeHead(302, { location: '/login' });
    response.end('<form><input type="password" name="p"></form>');
  });
  const form = await driver.form();
  expect((await driver.login()).outcome).toBe('fail');
  expect(operations.filter(({ action }) => action === 'form').length).toBeGreaterThan(1);
  expect(driver.lastForm?.id).toBe(form.id);
});

it('a login that the app refuses by a redirect to the page of its form is no login', async () => {
  const { driver } = await driving(({ method, headers }, response) => {
    if (method === 'GET') response.end('<form><input name="password" type="password"></form>');
    else response.writeHead(302, { Location: headers.referer ?? '/' }).end();
  });
  expect((await driver.login()).outcome).toBe('fail');
});

it('holds the cookies of the last login, not those that another instance replaced at an earlier login', async () => {
  let [logins, replaced] = [0, false];
  const read: (string | undefined)[] = [];
  const { driver } = await driving(({ method, url, headers }, response) => {
    if (method === 'POST') {
      const location = ++logins === 1 ? '/login' : '/';
      response.writeHead(302, { location, 'set-cookie': `sid=login${logins}` }).end();
    } else if (url === '/') {
      read.push(headers.cookie);
      response.end(PAGE);
    } else if (logins === 1 && !replaced) {
      // The first request after the login reaches an instance that does not know the session.
      replaced = true;
      response.writeHead(200, { 'set-cookie': 'sid=other' }).end('<input type="password" name="p">');
    } else response.end(PAGE);
  });
  expect((await driver.login()).outcome).toBe('ok');
  await driver.readAsHeld();
  expect((await driver.login()).outcome).toBe('ok');
  await driver.readAsHeld();
  expect(read).toEqual(['sid=login1', 'sid=login2']);
});

it('does not count a logout as acknowledged if a step did not show the token that the logout needs', async () => {
  let shown = '';
  const { driver } = await driving((_, response) => response.end(`${PAGE}${shown}`));
  const capture = { leave: { field: 'token' } };
  const step = { method: 'GET' as const, path: '/leave', form: {}, headers: {}, capture };
  const form = { token: '{leave}' };
  const logout = { method: 'POST' as const, path: '/leave', form, headers: {}, steps: [step] };
  expect((await driver.logout(logout)).outcome).toBe('info');
  shown = '<form><input type="hidden" name="token" value="t1"></form>';
  expect((await driver.logout(logout)).outcome).toBe('ok');
});

it('does not count a logout as acknowledged with a token that only an earlier session of the jar has shown', async () => {
  let shown = '<form><input type="hidden" name="token" value="t1"></form>';
  const { driver, target } = await driving(({ method }, response) => {
    if (method === 'POST') response.writeHead(303, { location: '/', 'set-cookie': 'sid=1' }).end();
    else response.end(`${PAGE}${shown}`);
  });
  const capture = { leave: { field: 'token' } };
  const step = { method: 'GET' as const, path: '/leave', form: {}, headers: {}, capture };
  const form = { token: '{leave}' };
  target.logout = { method: 'POST', path: '/leave', form, headers: {}, steps: [step] };
  const outcomes: string[] = [];
  for (let i = 0; i < 2; i++) {
    await driver.enter();
    outcomes.push((await driver.logout(target.logout)).outcome);
    shown = '';
  }
  expect(outcomes).toEqual(['ok', 'info']);
});
