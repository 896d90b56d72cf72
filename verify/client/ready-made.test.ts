import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { READY_MADE } from '../target/completed.ts';
import type { SessionSpec } from '../target/schema-session.ts';
import { Network } from './network.ts';
import { putSession } from './ready-made.ts';
import { SessionClient } from './session-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-session-'));
const url = 'http://app.test';
const network = new Network({ url, headers: {} });
afterAll(async () => {
  await network.close();
  rmSync(folder, { recursive: true });
});

const put = async (spec: SessionSpec, user = 'alice', signal = new AbortController().signal) => {
  const client = new SessionClient(network);
  await putSession(client, spec, { user }, { folder, url }, signal);
  const cookies = Object.fromEntries(client.cookies('/').map(({ name, value }) => [name, value]));
  return { cookies, captured: Object.fromEntries(client.captured) };
};
const STATE = JSON.stringify({
  cookies: [
    { name: 'sid', value: 's1', domain: 'app.test' },
    { name: 'other', value: 'x', domain: 'idp.test' },
  ],
  origins: [{ origin: url, localStorage: [{ name: 'access-token', value: 't1' }] }],
});

it('is taken from a storageState of Playwright: its cookies and its local storage of this site', async () => {
  writeFileSync(join(folder, 'alice.json'), STATE);
  const session = { cookies: { sid: 's1' }, captured: { access_token: 't1' } };
  expect(await put({ state: '{user}.json' })).toEqual(session);
  expect(await put({ command: ['cat', '{user}.json'] })).toEqual(session);
  await expect(put({ state: '{user}.json' }, 'bob')).rejects.toThrow(/bob\.json cannot be read \(ENOENT\)/);
});

it('is taken from cookies or a header, for all users or for each user', async () => {
  expect((await put({ cookie: 'sid=a=b; theme=dark' })).cookies).toEqual({ sid: 'a=b', theme: 'dark' });
  expect((await put({ header: { alice: 'Authorization: Bearer t' } })).captured).toEqual({
    [READY_MADE]: 'Bearer t',
  });
  await expect(put({ cookie: { alice: 'sid=a' } }, 'bob')).rejects.toThrow(
    'session.cookie: expected an entry for bob',
  );
  await expect(put({ cookie: 'secret' })).rejects.toThrow(
    /^session.cookie: expected cookies such as((?!secret).)*$/s,
  );
});

it('is printed by a command, which gets the user as a variable, never as code', async () => {
  expect((await put({ command: 'echo "sid={user}"' }, 'a$(id)')).cookies).toEqual({ sid: 'a$(id)' });
  await expect(put({ command: 'echo secret; exit 3' })).rejects.toThrow(
    'session.command: expected the command to print a session of alice, but it failed (3). Run it by hand',
  );
  await expect(put({ command: "printf 'Authorization: Bearer t\\nlogged in'" })).rejects.toThrow(
    'on one line',
  );
  await expect(put({ command: "printf 'sid=t\\nlogged in'" })).rejects.toThrow('on one line');
  await expect(put({ command: 'echo X-Key: 1' })).rejects.toThrow('got the header X-Key');
});

it('is not reported as an error of the target file if the end of the run interrupts its command', async () => {
  expect((await put({ command: 'echo sid=t' }, 'alice', AbortSignal.abort())).cookies).toEqual({});
});
