import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { type LogLine, startProcess } from './testing/instance.ts';

let redis: BackingServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis?.dispose());

/** Starts a fake PostgreSQL that rejects every password with the message of a real one. */
async function rejecting(): Promise<{ url: string; attempts: () => number; server: Server }> {
  let attempts = 0;
  const fields = ['SFATAL', 'C28P01', 'Mpassword authentication failed for user "baton"'];
  const text = Buffer.from(`${fields.join('\0')}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(text.length + 4, 1);
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => {
      attempts++;
      socket.end(Buffer.concat([head, text]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://baton:hush@127.0.0.1:${port}/baton`, attempts: () => attempts, server };
}

test('a wrong database password is logged as an error, once, and never shown', async () => {
  const { url, attempts, server } = await rejecting();
  const env = { SESSION_STORE: 'postgres', DATABASE_URL: url, STORE_TIMEOUT_MS: '500' };
  const app = await startProcess(redis.url, env);
  const failed = ({ event }: LogLine) => event === 'not-prepared';
  expect(await app.line(failed)).toMatchObject({
    level: 'error',
    error: 'password authentication failed for user "baton"',
  });
  await until(() => attempts() >= 5, { withinMs: 30_000, what: 'more attempts' });
  expect(app.log.filter(failed)).toHaveLength(1);
  expect(JSON.stringify(app.log)).not.toContain('hush');
  app.signal('SIGKILL');
  await app.ended;
  server.close();
});

test('a wrong Redis password is logged with the message of Redis', async () => {
  const wrong = redis.url.replace('redis://', 'redis://baton:hush@');
  const app = await startProcess(wrong, { STORE_TIMEOUT_MS: '500' });
  await app.line(({ error }) => /WRONGPASS/.test(String(error)));
  expect(JSON.stringify(app.log)).not.toContain('hush');
  app.signal('SIGKILL');
  await app.ended;
});
