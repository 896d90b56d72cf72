/** Tests the mail reader with a mailbox that is a server in this process, or a command. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { until } from '../../stack/wait.ts';
import { MailReader } from './mail-reader.ts';

const alice = { user: 'alice+1@example.test' };
const signal = new AbortController().signal;
/** Key: query; value: texts of the mailbox in order, the last one repeated. An empty text means status 404. */
const mails = new Map<string, string[]>();
let status = 200;
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://mails');
  if (pathname === '/silent') return;
  if (pathname === '/cut')
    return void response.writeHead(200, { 'content-length': 9 }).write('a', () => response.destroy());
  const texts = mails.get(searchParams.get('query') ?? '') ?? [];
  const [mail = ''] = texts.length > 1 ? texts.splice(0, 1) : texts;
  response.writeHead(mail === '' ? 404 : status).end(mail);
});
let url: string;
beforeAll(async () => {
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const mailbox = (spec: object = { url: `${url}/latest?query=to:{user}` }, folder = '.', timeout?: number) =>
  new MailReader(spec, folder, signal, timeout);

it('waits for the mail that a request causes, and does not take an older one', async () => {
  for (const [texts, link] of [
    [['', '', 'New login', 'link 1'], 'link 1'],
    [['link 1', 'link 1', 'New login', 'link 2'], 'link 2'],
  ] as const) {
    mails.set(`to:${alice.user}`, [...texts]);
    const arrived = await mailbox().watch(alice);
    expect(await arrived(text => text.startsWith('link'))).toBe(link);
  }
});

it('runs a command, which gets the user in a variable', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-mail-'));
  try {
    const arrived = await mailbox({ command: 'cat {user} 2>/dev/null || true' }, folder).watch(alice);
    writeFileSync(join(folder, alice.user), 'code 4711');
    expect(await arrived(text => text !== '')).toBe('code 4711');
    await expect(mailbox({ command: 'exit 3' }, folder).watch(alice)).rejects.toThrow(
      'mail.command: expected the command to print a mail of alice+1@example.test, but it failed (3). Run it by hand',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ['refuses the connection', () => 'http://127.0.0.1:1/?4711', 'no complete response'],
  ['does not respond', () => `${url}/silent?4711`, 'no response within 0.05 s'],
  ['disconnects before the end of the response', () => `${url}/cut?4711`, 'no complete response'],
])('reports a mailbox that %s, without the query, which may be a secret', async (_, address, came) => {
  const timeout = came.includes('within') ? 50 : undefined;
  const error = await mailbox({ url: address() }, '.', timeout).watch(alice).catch(String);
  expect(error).toContain(
    'mail.url: expected the newest mail of alice+1@example.test from http://127.0.0.1:',
  );
  expect(error).toContain(`, got ${came}. Start the mailbox, or correct the address`);
  expect(error).not.toContain('4711');
});

it('after the first mail, treats an unreadable mailbox as a missing mail', async () => {
  mails.set(`to:${alice.user}`, ['', 'link 1']);
  const reader = mailbox();
  expect(await (await reader.watch(alice))(() => true)).toBe('link 1');
  status = 500;
  expect(await (await reader.watch(alice))(() => true)).toBeUndefined();
  status = 200;
  mails.set(`to:${alice.user}`, ['link 2', 'link 3']);
  expect(await (await reader.watch(alice))(() => true)).toBe('link 3');
});

it('sends at most four requests at once to the mailbox', async () => {
  const waiting: ((response: Response) => void)[] = [];
  const send = vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(() => new Promise(resolve => waiting.push(resolve)));
  try {
    const reader = mailbox();
    const watches = Array.from({ length: 12 }, (_, n) => reader.watch({ user: `user${n}` }));
    for (let sent = 4; sent <= 12; sent += 4) {
      await until(() => waiting.length >= 4, { withinMs: 10_000, what: 'four requests' });
      await new Promise(resolve => setImmediate(resolve));
      expect(send).toHaveBeenCalledTimes(sent);
      for (const respond of waiting.splice(0)) respond(new Response('a mail'));
    }
    await Promise.all(watches);
  } finally {
    send.mockRestore();
  }
});

it('reports a mailbox that responds with an error', async () => {
  status = 500;
  mails.set(`to:${alice.user}`, ['a mail']);
  await expect(mailbox().watch(alice)).rejects.toThrow('got status 500. Start the mailbox, or correct');
  status = 200;
});

it.each(['url', 'command'])('stops waiting when the run is aborted: %s', async key => {
  const run = new AbortController();
  const value = key === 'url' ? `${url}/?query=x` : 'true';
  const arrived = await new MailReader({ [key]: value }, '.', run.signal).watch(alice);
  const mail = arrived(() => true);
  run.abort();
  expect(await mail).toBeUndefined();
});
