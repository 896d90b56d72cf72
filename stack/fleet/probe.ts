/** Performs one health check of one instance, over a new connection. */
import { request } from 'node:http';
import { createConnection } from 'node:net';

/** The kind of check: a TCP connection must open, or a GET of the path must get 200. */
export type HealthProbe = 'TCP' | { path: string };

/**
 * Performs a check.
 *
 * @param url of the instance
 * @param timeoutMs limits the time to connect, or the time until the response headers
 * @returns whether the check passed; never throws
 */
export function probe(url: string, kind: HealthProbe, timeoutMs: number): Promise<boolean> {
  return kind === 'TCP' ? connects(url, timeoutMs) : respondsWith200(new URL(kind.path, url), timeoutMs);
}

function connects(url: string, timeoutMs: number): Promise<boolean> {
  const { hostname: host, port } = new URL(url);
  return new Promise(resolve => {
    const socket = createConnection({ host, port: Number(port) });
    const done = (passed: boolean) => {
      clearTimeout(tooLong);
      socket.destroy();
      resolve(passed);
    };
    const tooLong = setTimeout(() => done(false), timeoutMs);
    socket.on('connect', () => done(true));
    socket.on('error', () => done(false));
  });
}

function respondsWith200(url: URL, timeoutMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const sent = request(url, { agent: false, headers: { 'user-agent': 'baton-health-check' } });
    const done = (passed: boolean) => {
      clearTimeout(tooLong);
      sent.destroy();
      resolve(passed);
    };
    const tooLong = setTimeout(() => done(false), timeoutMs);
    sent.on('response', ({ statusCode }) => done(statusCode === 200));
    sent.on('error', () => done(false));
    sent.end();
  });
}
