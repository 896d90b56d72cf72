import { EventEmitter, once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { connectRedis } from './redis.ts';
import { RedisLogin } from './redis-login.ts';

let server: BackingServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

const PLAIN = { redisCluster: [], redisSentinels: [], redisPrimary: '' };

const connected = async (storeTimeoutMs: number) => {
  const config = {
    storeTimeoutMs,
    redisUrl: server.url,
    redisCluster: [],
    redisSentinels: [],
    redisPrimary: '',
  };
  const redis = connectRedis(config, () => {});
  await new Promise<void>(resolve => redis.once('ready', () => resolve()));
  return redis;
};

function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it('accepts replies that arrived while the process was blocked', async () => {
  const redis = await connected(200);
  const answer = redis.set('still', 'here');
  standStill(500);
  expect(await answer).toBe('OK');
  redis.disconnect();
});

it('rejects a command that gets no reply, and drops the connection', async () => {
  const redis = await connected(200);
  server.pause();
  await expect(redis.get('still')).rejects.toThrow(/Command timed out|Connection is closed/);
  server.resume();
  redis.disconnect();
});

it('logs in with the current password at each connection, and again with each new one', async () => {
  const admin = await connected(2_000);
  const letIn = (password: string) =>
    admin.call('ACL', 'SETUSER', 'app', 'on', 'resetpass', `>${password}`, '~*', '&*', '+@all');
  const logins = async () =>
    Number(/cmdstat_auth:calls=(\d+),.*failed_calls=0/.exec(await admin.info('commandstats'))?.[1] ?? 0);
  const passwords = ['first', 'second', 'third'];
  const login = new RedisLogin(
    async () => passwords[0] ?? '',
    error => expect.unreachable(error.message),
  );
  await letIn('first');
  await login.renew();
  const url = server.url.replace('redis://', 'redis://app@');
  const settings = { ...PLAIN, storeTimeoutMs: 2_000, redisUrl: url };
  const redis = connectRedis(settings, error => expect(error.message).toContain('closed'), login);
  await once(redis, 'ready');
  expect(await redis.call('ACL', 'WHOAMI')).toBe('app');
  expect(await logins()).toBe(1);

  for (const [password, count] of [
    ['second', 2],
    ['third', 3],
  ] as const) {
    passwords.shift();
    await letIn(password);
    await login.renew();
    await until(async () => (await logins()) === count, { withinMs: 5_000, what: `login ${count}` });
  }

  const again = once(redis, 'ready');
  await admin.call('CLIENT', 'KILL', 'USER', 'app');
  await again;
  expect(await redis.call('ACL', 'WHOAMI')).toBe('app');
  login.close();
  redis.disconnect();
  admin.disconnect();
});

/** A fake sentinel that names the primary, and reports a failover, only when the test says so. */
class SlowSentinel extends EventEmitter<{ asked: []; subscribed: []; unsubscribed: [] }> {
  readonly #primaryPort: number;
  readonly #subscribers = new Set<Socket>();
  readonly #server = createServer(socket => this.#serve(socket));
  gate: Promise<void> = Promise.resolve();

  constructor(primaryPort: number) {
    super();
    this.#primaryPort = primaryPort;
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  reportFailover(): void {
    for (const socket of this.#subscribers)
      socket.write(`*3\r\n${['message', '+switch-master', 'baton'].map(bulk).join('')}`);
  }

  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('data', data => {
      for (const command of String(data)
        .toLowerCase()
        .split(/^\*\d+\r\n/m))
        if (command !== '') void this.#reply(socket, command);
    });
  }

  async #reply(socket: Socket, command: string): Promise<void> {
    if (command.includes('get-master-addr-by-name')) {
      this.emit('asked');
      await this.gate;
      socket.write(`*2\r\n${bulk('127.0.0.1')}${bulk(String(this.#primaryPort))}`);
    } else if (command.includes('subscribe')) {
      this.#subscribers.add(socket);
      socket.once('close', () => this.emit('unsubscribed'));
      this.emit('subscribed');
      socket.write(`*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`);
    } else if (command.includes('sentinels')) socket.write('*0\r\n');
    else socket.write('+OK\r\n');
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

it('connects again if a sentinel reports a failover while the client asks for the primary', async () => {
  const sentinel = new SlowSentinel(server.port);
  const redisSentinels = [await sentinel.open()].map(address => {
    const [host = '', port] = address.split(':');
    return { host, port: Number(port) };
  });
  const config = { ...PLAIN, storeTimeoutMs: 2_000, redisUrl: server.url };
  const subscribed = once(sentinel, 'subscribed');
  const redis = connectRedis({ ...config, redisSentinels, redisPrimary: 'baton' }, () => {});
  await Promise.all([once(redis, 'ready'), subscribed]);
  const admin = await connected(2_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  sentinel.gate = promise;

  const asked = once(sentinel, 'asked');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes');
  await asked;
  // ioredis closes its connection to the sentinel after it has handled the report.
  const handled = once(sentinel, 'unsubscribed');
  sentinel.reportFailover();
  await handled;
  resolve();

  const works = () => redis.ping().then(reply => reply === 'PONG');
  await until(works, { withinMs: 5_000, what: 'the client to connect again' });
  for (const client of [redis, admin]) client.disconnect();
  sentinel.close();
});
