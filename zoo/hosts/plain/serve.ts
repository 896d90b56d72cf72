import { createServer } from 'node:http';
import type { Express } from 'express';
import { Redis } from 'ioredis';
import { plainApp } from './app.ts';
import type { PlainParts } from './parts.ts';

const { env } = process;

export const servePlain = (parts: PlainParts = {}): void =>
  serve((redis, instance) =>
    plainApp({
      redis,
      instance,
      secret: env['SESSION_SECRET'] ?? 'keyboard cat',
      trustProxy: env['TRUST_PROXY'] !== 'false',
      workMs: Number(env['WORK_MS'] ?? 300),
      parts,
    }),
  );

/** Serves an app on HOST and PORT until SIGTERM. */
export function serve(appOf: (redis: Redis, instance: string) => Express): void {
  const redis = new Redis(env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');
  const server = createServer(appOf(redis, env['INSTANCE_ID'] ?? `${process.pid}`)).listen(
    Number(env['PORT'] ?? 3000),
    env['HOST'] ?? '127.0.0.1',
  );
  // The keep-alive timeout must exceed the time for which common balancers keep idle connections. Otherwise, a balancer
  // could send a request on a connection that the server is closing.
  server.keepAliveTimeout = 75_000;
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
