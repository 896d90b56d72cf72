import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probe } from './probe.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise(resolve => server.close(resolve));
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number) =>
  listening(createHttpServer((_request, response) => response.writeHead(status).end()));
const silent = () => listening(createServer(socket => socket.on('error', () => {}).resume()));

describe('a health check', () => {
  it.each([
    [200, true],
    [204, false],
    [302, false],
    [503, false],
  ])('status %i: %s', async (status, passes) => {
    expect(await probe(await answering(status), { path: '/' }, 5_000)).toBe(passes);
  });

  it('an instance that accepts connections but sends nothing passes by TCP, and fails by HTTP', async () => {
    const url = await silent();
    expect(await probe(url, 'TCP', 5_000)).toBe(true);
    expect(await probe(url, { path: '/' }, 50)).toBe(false);
  });

  it.each(['TCP', { path: '/' }] as const)('no server: it fails (%j)', async ask => {
    const url = await answering(200);
    await new Promise(resolve => servers.pop()?.close(resolve));
    expect(await probe(url, ask, 5_000)).toBe(false);
  });
});
