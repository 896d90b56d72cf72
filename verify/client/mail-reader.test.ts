/** Tests what the client reads from a mailbox, against a server in this process and commands. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MailReader } from './mail-reader.ts';

const alice = { user: 'alice+1@example.test' };
const signal = new AbortController().signal;
/** The newest mail by address. */
const mails = new Map<string, string>();
let status = 200;
const server = createServer((request, response) => {
  const mail = mails.get(new URL(request.url ?? '', 'http://mails').searchParams.get('query') ?? '');
  response.writeHead(mail === undefined ? 404 : status).end(mail);
});
let url: string;
beforeAll(async () => {
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const mailbox = (spec: object = { url: `${url}/latest?query=to:{user}` }, folder = '.') =>
  new MailReader(spec, folder, signal);

it('waits for the mail that a request causes, and does not take an older one', async () => {
  const to = `to:${alice.user}`;
  for (const [before, after] of [
    [undefined, 'first'],
    ['first', 'second'],
  ] as const) {
    expect(mails.get(to)).toBe(before);
    const arrived = (await mailbox().watch(alice))(text => text === after);
    setTimeout(() => mails.set(to, 'another mail, such as "New login"'), 40);
    setTimeout(() => mails.set(to, after), 160);
    expect(await arrived).toBe(after);
  }
});

it('runs a command, which gets the user in a variable', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-mail-'));
  try {
    const arrived = await mailbox({ command: 'cat {user} 2>/dev/null || true' }, folder).watch(alice);
    writeFileSync(join(folder, alice.user), 'code 4711');
    expect(await arrived(text => text !== '')).toBe('code 4711');
    await expect(mailbox({ command: 'exit 3' }, folder).watch(alice)).rejects.toThrow(
      'mail.command: expected it to print a mail of alice+1@example.test, and it failed (3). Run it by hand',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('reports a mailbox that does not respond, or responds with an error', async () => {
  await expect(mailbox({ url: 'http://127.0.0.1:1/?secret' }).watch(alice)).rejects.toThrow(
    /^mail\.url: expected the newest mail of alice\S+ from http:\/\/127\.0\.0\.1:1, got no response/,
  );
  status = 500;
  mails.set(`to:${alice.user}`, 'a mail');
  await expect(mailbox().watch(alice)).rejects.toThrow('got status 500');
  status = 200;
});

it('stops waiting when the run is aborted', async () => {
  const run = new AbortController();
  const arrived = (await new MailReader({ url: `${url}/?query=x` }, '.', run.signal).watch(alice))(
    () => true,
  );
  run.abort();
  expect(await arrived).toBeUndefined();
});
