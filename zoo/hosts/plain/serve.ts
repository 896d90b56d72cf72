/** Runs an instance of the plain host. */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { plainApp } from './app.ts';
import type { PlainParts } from './parts.ts';

/** Listens on HOST and PORT until SIGTERM. */
export function servePlain(parts: PlainParts = {}): void {
  const { env } = process;
  const redis = new Redis(env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');
  const app = plainApp({
    redis,
    instance: env['INSTANCE_ID'] ?? `${process.pid}`,
    secret: env['SESSION_SECRET'] ?? 'keyboard cat',
    trustProxy: env['TRUST_PROXY'] !== 'false',
    workMs: Number(env['WORK_MS'] ?? 300),
    parts,
  });
  const server = createServer(app).listen(Number(env['PORT'] ?? 3000), env['HOST'] ?? '127.0.0.1');
  // Longer than the time for which the balancer keeps an idle connection.
  server.keepAliveTimeout = 75_000;
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
