/** Tests the writes that Baton sends before the load. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { planOf } from '../plan.ts';
import { record } from '../recording.ts';
import { parseTarget } from '../target/load.ts';
import { checkProbes } from './probe-check.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/**
 * Returns the check's operations on the data of the app's only probe, in order.
 *
 * @param accepts number of writes that the app accepts; it responds to later ones with a page instead of a redirect
 */
async function performed(scope: 'session' | 'user', accepts = 100): Promise<Operation[]> {
  const notes: string[] = [];
  const server = createServer(async (request, response) => {
    const sent = new URLSearchParams(await text(request)).get('text');
    const accepted = notes.length < accepts;
    if (sent !== null && accepted) notes.push(sent);
    if (request.method === 'POST' && accepted) response.writeHead(303, { location: '/' });
    response.end(`<b data-user="alice"></b>${notes.map(note => `<li>${note}</li>`).join('')}`);
  }).listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await once(server, 'listening');
  const target = parseTarget(
    JSON.stringify({
      version: 1,
      name: 'small',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      accounts: [{ user: 'alice', password: 'x' }],
      login: { page: '/login', path: '/login', form: {} },
      signedIn: { page: '/', user: 'data-user="(.*?)"' },
      probes: [
        {
          object: 'notes',
          kind: 'list',
          scope,
          read: { path: '/', items: '<li>(.*?)</li>' },
          add: { path: '/notes', form: { text: '{value}' } },
        },
      ],
      claims: ['continuity'],
    }),
    'small',
    {},
  );
  const out = mkdtempSync(join(tmpdir(), 'baton-probes-'));
  ends.push(() => rmSync(out, { recursive: true }));
  const operations: Operation[] = [];
  const plan = planOf(target, { seed: 1, out, onOperation: operation => operations.push(operation) });
  const { context, close } = record(plan);
  ends.push(() => close('complete'));
  await checkProbes(context);
  return operations.filter(({ object }) => object !== undefined);
}

const checked = async (scope: 'session' | 'user') => (await performed(scope)).map(({ action }) => action);

it('writes to the object of a session until a read shows the value', async () => {
  expect(await checked('session')).toEqual(['add', 'read']);
});

it('also writes to an object of a user twelve times, with two reads after each, before other sessions overlap', async () => {
  const alone = Array.from({ length: 12 }, () => ['add', 'read', 'read']).flat();
  expect(await checked('user')).toEqual(['add', 'read', ...alone]);
});

it('does not count a page as the acknowledgement of a write if an accepted write led to a redirect', async () => {
  const writes = (await performed('user', 2)).filter(({ action }) => action === 'add');
  expect(writes.map(({ status, outcome }) => [status, outcome])).toEqual([
    [303, 'ok'],
    [303, 'ok'],
    [200, 'info'],
  ]);
});
