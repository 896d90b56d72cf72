/** One health check of one instance, over a connection of its own. */
import { request } from 'node:http';
import { createConnection } from 'node:net';

/** What is asked: that a connection comes about, or that GET of a path is answered 200. */
export type Ask = 'TCP' | { path: string };

/**
 * @param url of the instance
 * @param timeoutMs within which the connection, or the head of the answer, is to come
 * @returns whether it passed; never throws
 */
export function probe(url: string, ask: Ask, timeoutMs: number): Promise<boolean> {
  return ask === 'TCP' ? connects(url, timeoutMs) : answers200(new URL(ask.path, url), timeoutMs);
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

function answers200(url: URL, timeoutMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const asked = request(url, { agent: false, headers: { 'user-agent': 'baton-health-check' } });
    const done = (passed: boolean) => {
      clearTimeout(tooLong);
      asked.destroy();
      resolve(passed);
    };
    const tooLong = setTimeout(() => done(false), timeoutMs);
    asked.on('response', ({ statusCode }) => done(statusCode === 200));
    asked.on('error', () => done(false));
    asked.end();
  });
}
