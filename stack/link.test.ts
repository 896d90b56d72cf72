import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProxyLink } from './link.ts';

let server: Server;
let link: ProxyLink;
const clients: Socket[] = [];

async function startEcho(): Promise<Server> {
  const echo = createServer(socket => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  return echo;
}

const portOf = (one: Server): number => (one.address() as AddressInfo).port;

const closed = (socket: Socket): Promise<void> =>
  new Promise(resolve => socket.once('close', () => resolve()));

async function client(port = link.port): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  clients.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let got = '';
  while (got.length < text.length) got += String((await once(socket, 'data'))[0]);
  return got;
}

beforeEach(async () => {
  server = await startEcho();
  link = new ProxyLink(portOf(server));
  await link.open();
});

afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await link.refuse();
  server.close();
});

test('forwards data, also much of it', async () => {
  const socket = await client();
  expect(await echo(socket, 'x'.repeat(3_000_000))).toHaveLength(3_000_000);
});

test('slows an open connection, and keeps it open', async () => {
  const socket = await client();
  await echo(socket, 'before');
  link.disturb({ delayMs: 60 });
  const began = performance.now();
  expect(await echo(socket, 'slow')).toBe('slow');
  expect(performance.now() - began).toBeGreaterThanOrEqual(119);
  await link.restore();
  expect(await echo(socket, 'after')).toBe('after');
});

test('holds data, and delivers it after the disturbance', async () => {
  const socket = await client();
  link.disturb({ held: true });
  const fresh = await client();
  const answers = Promise.all([echo(socket, 'old'), echo(fresh, 'new')]);
  let came = false;
  void answers.then(() => {
    came = true;
  });
  expect(await echo(await client(portOf(server)), 'beside')).toBe('beside');
  expect(came).toBe(false);
  await link.restore();
  expect(await answers).toEqual(['old', 'new']);
});

test('limits the bandwidth of an open connection, and counts how often data had to wait', async () => {
  const socket = await client();
  await echo(socket, 'before');
  link.disturb({ bytesPerSecond: 10_000 });
  const began = performance.now();
  await echo(socket, 'x'.repeat(1_000));
  await echo(socket, 'y');
  expect(performance.now() - began).toBeGreaterThanOrEqual(95);
  expect(link.jams).toBeGreaterThan(0);
  await link.restore();
  const { jams } = link;
  await echo(socket, 'x'.repeat(100_000));
  expect(link.jams).toBe(jams);
});

test('cuts a response in the middle, and resets the connection', async () => {
  const socket = await client();
  link.disturb({ cutting: true });
  const got: Buffer[] = [];
  socket.on('data', piece => got.push(piece));
  socket.write('0123456789');
  await closed(socket);
  expect(Buffer.concat(got).toString()).toBe('01234');
  expect(link.cuts).toBe(1);
});

test('resets and refuses connections, then accepts them on the same port again', async () => {
  const socket = await client();
  const { port } = link;
  const end = closed(socket);
  await link.refuse();
  await end;
  const [error] = await once(connect(port, '127.0.0.1'), 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  await link.restore();
  expect(link.port).toBe(port);
  expect(await echo(await client(), 'again')).toBe('again');
});

test('forwards to another port', async () => {
  const other = createServer(socket => socket.on('error', () => {}).end('other'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const socket = await client();
  const end = closed(socket);
  link.lead(portOf(other));
  expect(await echo(socket, 'as before')).toBe('as before');
  link.cut();
  await end;
  expect(String((await once(await client(), 'data'))[0])).toBe('other');
  other.close();
});

test('forwards the end of a connection to the other side', async () => {
  const socket = await client();
  const got: Buffer[] = [];
  socket.on('data', piece => got.push(piece));
  socket.end('last words');
  await closed(socket);
  expect(Buffer.concat(got).toString()).toBe('last words');
});
