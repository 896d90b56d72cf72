/** Tests what the recorder writes into the history for a response. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../core/history/history.ts';
import { Interpreter } from '../core/response/interpret.ts';
import { runLine } from '../core/testing/picture.ts';
import { Barrier } from './barrier.ts';
import { startClock } from './clock.ts';
import { HistoryFile } from './history-file.ts';
import { makeLabeller } from './labels.ts';
import type { ListRead } from './list-read.ts';
import { Network, type Reached } from './network.ts';
import { Recorder } from './recorder.ts';
import { SessionClient } from './session-client.ts';
import { Starvation } from './starvation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-recorder-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function recording(listener: http.RequestListener, more: Partial<Reached> = {}, name = 'one') {
  const server = http.createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const network = new Network({ url: origin, headers: {}, ...more });
  const label = makeLabeller();
  const pages = { login: { page: '/login' }, signedIn: { user: 'user="([^"]*)"' }, probes: [] };
  const reading = { label, userLabel: () => undefined, canary: 'bcanary', decode: (html: string) => html };
  const path = join(folder, `${name}.ndjson`);
  const clock = startClock();
  const interpreter = new Interpreter(pages, reading);
  const recorder = new Recorder(new HistoryFile(path), clock, runLine(), interpreter, label, () => {});
  return {
    recorder,
    server,
    clock,
    origin,
    client: () => new SessionClient(network),
    async stop(): Promise<Event[]> {
      recorder.finish('complete');
      await network.close();
      server.close();
      const lines = readFileSync(path, 'utf8').trim().split('\n');
      return lines.map(line => JSON.parse(line) as Event);
    },
  };
}

const CALL = { client: 'c', session: 's', user: 'u' };

/**
 * Returns for each page whether its operation is marked `starved`, because an overload may have delayed the response.
 *
 * @param crowded true if the machine is overloaded
 */
async function starved(crowded: boolean): Promise<Record<string, boolean>> {
  vi.spyOn(Starvation.prototype, 'during').mockReturnValue(crowded);
  let now = 0;
  const { recorder, client, stop, clock } = await recording(
    ({ url }, response) => {
      if (url?.startsWith('/late')) now += 600_000;
      const headers = url?.startsWith('/garbled') ? { 'content-encoding': 'gzip' } : {};
      response.writeHead(Number(url?.slice(-3)), headers).end('text');
    },
    {},
    `${crowded}`,
  );
  vi.spyOn(clock, 'now').mockImplementation(() => now);
  const one = client();
  for (const page of ['/200', '/500', '/garbled/200', '/503', '/late/200', '/late/500'])
    await recorder.perform({ ...CALL, action: 'read' }, one, { method: 'GET', path: page });
  const call = now - 600_000;
  const list = { turn: () => ({ call }) } as unknown as ListRead;
  await recorder.perform({ ...CALL, action: 'read', list }, one, { method: 'GET', path: '/last-page/200' });
  const operations = (await stop()).filter(event => event.type === 'op');
  return Object.fromEntries(operations.map(({ path: page, starved: is = false }) => [page, is]));
}

it('marks late responses and errors of proxies while the machine was overloaded, and no others', async () => {
  const [early, late] = [
    ['/200', '/500', '/garbled/200'],
    ['/503', '/late/200', '/late/500', '/last-page/200'],
  ];
  const of = (pages: string[], is: boolean) => Object.fromEntries(pages.map(page => [page, is]));
  expect(await starved(true)).toEqual({ ...of(early, false), ...of(late, true) });
  expect(await starved(false)).toEqual(of([...early, ...late], false));
});

it('reads the clock when the first byte leaves, and when the last byte has come, before other work', async () => {
  const order: string[] = [];
  vi.spyOn(Starvation.prototype, 'look').mockImplementation(() => {});
  vi.spyOn(Interpreter.prototype, 'seen').mockImplementation(() => {
    order.push('read');
    return { outcome: 'ok' };
  });
  const { recorder, clock, client, stop, server } = await recording((_, response) => {
    order.push('served');
    response.end('page');
  });
  server.once('connection', () => order.push('connected'));
  vi.spyOn(clock, 'now').mockImplementation(() => order.push('time'));
  const one = client();
  const { operation } = await recorder.perform({ ...CALL, action: 'read' }, one, {
    method: 'GET',
    path: '/',
  });
  const [begun, ...rest] = order;
  expect(begun).toBe('time');
  // Client and server may notice a new connection in either order.
  expect(rest.filter(what => what !== 'connected')).toEqual(['time', 'served', 'time', 'read']);
  expect(operation).toMatchObject({ call: order.indexOf('served'), return: order.indexOf('read') });
  await stop();
});

it('compares the Date of a response with the time of its arrival, however late it is read', async () => {
  const sent = Date.parse('2026-01-01T00:00:07Z');
  let read = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => sent + 100 + read);
  vi.spyOn(Interpreter.prototype, 'seen').mockImplementation(() => {
    read = 3000;
    return { outcome: 'ok' };
  });
  const { recorder, client, stop } = await recording((_, response) => {
    response.setHeader('date', new Date(sent).toUTCString()).end('page');
  });
  const { operation } = await recorder.perform({ ...CALL, action: 'read' }, client(), {
    method: 'GET',
    path: '/',
  });
  expect(operation.skew).toBe(-100_000);
  await stop();
});

it('records a write to an unreachable server as begun when it was tried', async () => {
  const { recorder, client, stop } = await recording(() => {});
  const send = { method: 'POST', path: '/', origin: 'http://127.0.0.1:1' };
  await recorder.perform({ ...CALL, action: 'add' }, client(), send);
  const [start, end] = (await stop()).filter(({ type }) => type === 'start' || type === 'end');
  expect(start).toMatchObject({ type: 'start', action: 'add' });
  expect(end).toMatchObject({ type: 'end', outcome: 'fail', note: 'refused' });
  expect((start as { call: number }).call).toBeGreaterThan(0);
});

it('names at the end the limit of an app that has asked clients to wait', async () => {
  const { recorder, stop } = await recording((_, response) => response.end());
  for (const wait of [2_000, 4_000]) recorder.waits(wait);
  const remark =
    'it answered 2 requests with status 429 and a Retry-After of up to 4 s. All clients waited that long';
  expect((await stop()).at(-1)).toMatchObject({ remarks: [expect.stringContaining(remark)] });
});

describe('a target with limits, whose server responds at once', () => {
  it('has operations without the time that requests wait for the limits', async () => {
    const { recorder, client, clock, stop } = await recording((_, response) => response.end(), {
      limits: { requests: 20, connections: 2 },
    });
    const began = clock.now();
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        recorder.perform({ ...CALL, action: n % 2 === 0 ? 'read' : 'add' }, client(), {
          method: 'GET',
          path: '/',
        }),
      ),
    );
    const calls = (await stop())
      .flatMap(event => (event.type === 'op' || event.type === 'start' ? [event.call] : []))
      .toSorted((a, b) => a - b);
    expect(calls).toHaveLength(6);
    // The limit is 50 ms, but timers may fire slightly early.
    for (const [i, call] of calls.entries()) expect(call - began).toBeGreaterThan(i * 50_000 - 5_000);
  });

  it('has operations without the time that requests of a race wait for each other', async () => {
    const { recorder, client, clock, stop } = await recording((_, response) => response.end(), {
      limits: { requests: 20 },
    });
    const barrier = new Barrier(5);
    const began = clock.now();
    await Promise.all(
      Array.from({ length: 5 }, () =>
        recorder.perform({ ...CALL, action: 'add' }, client(), {
          method: 'POST',
          path: '/',
          held: barrier.place(),
        }),
      ),
    );
    const calls = (await stop()).flatMap(event => (event.type === 'start' ? [event.call - began] : []));
    expect(calls).toHaveLength(5);
    // The limit delays the fifth request by 200 ms. The first four must wait for it, so that all five overlap.
    expect(Math.min(...calls)).toBeGreaterThan(150_000);
  });
});

describe('a request that bypasses the balancer', () => {
  const send = { method: 'GET', path: '/account?a=1' };

  it('gets the instance from its address, if only the balancer names instances', async () => {
    const { recorder, client, origin, stop } = await recording((_, response) => response.end('user="ann"'));
    const call = { ...CALL, action: 'read' as const };
    await recorder.perform({ ...call, address: 'app-1' }, client(), { ...send, origin });
    await recorder.perform(call, client(), send);
    await recorder.perform({ ...call, address: 'app-1' }, client(), {
      ...send,
      origin: 'http://127.0.0.1:1',
    });
    const [there, through, none] = (await stop()).filter(event => event.type === 'op');
    expect(there).toMatchObject({ direct: true, instance: 'app-1', source: 'address' });
    expect([through?.instance, through?.direct]).toEqual([undefined, undefined]);
    expect([none?.instance, none?.direct]).toEqual([undefined, true]);
  });

  it('has the headers of the balancer, and a redirect to the host of the instance stays on the target', async () => {
    const heard: http.IncomingHttpHeaders[] = [];
    const { recorder, client, origin, stop } = await recording(
      ({ headers, socket }, response) => {
        heard.push(headers);
        // Some apps redirect to the address of an instance.
        response.writeHead(302, { location: `http://127.0.0.1:${socket.localPort}/login` }).end();
      },
      { url: 'http://shop.test:8080', headers: { 'X-Forwarded-Proto': 'https' } },
    );
    const call = { ...CALL, action: 'read' as const, address: 'app-1' };
    const { reply } = await recorder.perform(call, client(), { ...send, origin });
    const [operation] = (await stop()).filter(event => event.type === 'op');
    expect(heard[0]).toMatchObject({
      host: 'shop.test:8080',
      'x-forwarded-host': 'shop.test:8080',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
    });
    expect(reply).toMatchObject({ redirect: '/login', leads: '/login' });
    expect(operation).toMatchObject({ signedIn: 'out', note: '302 to /login' });
  });
});
