import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startMailbox } from './mailbox.ts';

function open(address: string): Socket {
  const { hostname, port } = new URL(address);
  return connect(Number(port), hostname);
}

test('stops within seconds although clients keep their connections, and can be stopped twice', async () => {
  const mailbox = await startMailbox();
  const clients = [open(mailbox.smtpUrl), open(mailbox.url)] as const;
  const closed = clients.map(client => once(client, 'close'));
  await once(clients[0], 'data');
  const began = performance.now();
  await mailbox.stop();
  expect(performance.now() - began).toBeLessThan(10_000);
  for (const client of clients) client.resume();
  await Promise.all(closed);
  await mailbox.stop();
});

test('responds 400 to a request that is no path, and goes on', async () => {
  const mailbox = await startMailbox();
  try {
    const response = await fetch(`${mailbox.url}//`);
    expect([response.status, await response.text()]).toEqual([400, 'expected a path, got "//"\n']);
    expect(await (await fetch(mailbox.url)).text()).toBe('No mail yet.\n');
  } finally {
    await mailbox.stop();
  }
});

test('a port in use is an error, and leaves no server', async () => {
  const first = await startMailbox();
  await expect(startMailbox(Number(new URL(first.url).port))).rejects.toThrow('EADDRINUSE');
  await first.stop();
});
