import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { watching } from '../testing/watch.ts';
import { Network } from './network.ts';
import { SessionClient } from './session-client.ts';

async function together(): Promise<string> {
  const waiting: Socket[] = [];
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.on('data', () => {
      if (waiting.push(socket) < 3) return;
      for (const one of waiting.splice(0)) one.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('the times of responses that come together are read before any of them is processed', async () => {
  const network = new Network({ url: await together(), headers: {} });
  onTestFinished(() => network.close());
  const events: string[] = [];
  const send = async (): Promise<void> => {
    const watch = watching({ arrives: () => void events.push('arrived') });
    await new SessionClient(network).send({ method: 'GET', path: '/' }, undefined, watch);
    events.push('processed');
  };
  for (let round = 0; round < 2; round++) await Promise.all([send(), send(), send()]);
  const all = ['arrived', 'arrived', 'arrived', 'processed', 'processed', 'processed'];
  expect(events).toEqual([...all, ...all]);
});
