import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseTarget } from '../target/load.ts';
import { Gate, type Status } from './gate.ts';
import { gateMetrics } from './metrics.ts';
import { gateServer } from './server.ts';

const STATUS: Status = {
  state: 'running',
  verdict: 'unknown',
  why: 'v2 has served 1 session of v1, 10 are needed',
  stable: 'v1',
  canary: 'v2',
  run: 'r',
  error: undefined,
  forms: [],
  summary: ['sessions created on v1, served by v2: 0 of 1 lost'],
  crossings: [{ created: 'v1', served: 'v2', sessions: 1, lost: 0, requests: 7 }],
};

let status: Status;
let asked: string[];
let server: Server;
let url: string;

beforeEach(async () => {
  [status, asked] = [STATUS, []];
  const gate = {
    start: async () => void asked.push('start'),
    stop: async () => void asked.push('stop'),
    status: () => status,
    statusWhen: Gate.prototype.statusWhen,
  } as unknown as Gate;
  server = gateServer(gate).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const code = async (path: string, method = 'GET') => (await fetch(url + path, { method })).status;

describe('the gate over HTTP', () => {
  it.each([
    ['valid', 'v2', 200, 200, 409],
    ['unknown', 'v2', 409, 409, 409],
    ['violated', 'v2', 409, 409, 200],
    ['unknown', undefined, 409, 200, 409],
    ['violated', undefined, 409, 409, 200],
  ] as const)('%s with the new version %s', async (verdict, canary, promote, advance, rollback) => {
    status = { ...STATUS, verdict, canary };
    for (const method of ['GET', 'POST'])
      expect(
        await Promise.all(['/promote', '/advance', '/rollback'].map(path => code(path, method))),
      ).toEqual([promote, advance, rollback]);
    const answer = await fetch(`${url}/verdict`);
    expect([answer.status, ((await answer.json()) as Status).verdict]).toEqual([200, verdict]);
  });

  it('waits for a verdict if asked to', async () => {
    const waiting = fetch(`${url}/promote?wait=60`);
    setTimeout(() => {
      status = { ...STATUS, verdict: 'valid' };
    }, 10);
    expect((await waiting).status).toBe(200);
  });

  it('never promotes before the start or after an unexpected end', async () => {
    for (const state of ['idle', 'stopped'] as const) {
      status = { ...STATUS, canary: undefined, state };
      expect([await code('/advance'), await code('/promote')]).toEqual([409, 409]);
    }
    expect(await code('/promote?wait=60')).toBe(409);
  });

  it('starts and stops on POST only', async () => {
    expect([await code('/start'), await code('/stop'), asked.length]).toEqual([405, 405, 0]);
    expect([await code('/start', 'POST'), await code('/stop', 'POST')]).toEqual([200, 200]);
    expect(asked).toEqual(['start', 'stop']);
    status = { ...STATUS, state: 'stopped', error: 'the target does not respond' };
    expect(await code('/start', 'POST')).toBe(503);
  });

  it.each([
    ['//', 400, 'expected a path such as /status, got "//"'],
    ['/nowhere', 404, 'expected one of /start, /status, /verdict'],
    ['/verdict?wait=soon', 400, 'wait: expected seconds from 0 to 3600, got "soon"'],
  ])('says what is wrong with %s', async (path, expected, error) => {
    const answer = await fetch(url + path);
    expect([answer.status, await answer.json()]).toEqual([
      expected,
      { error: expect.stringContaining(error) },
    ]);
  });
});

it('writes OpenMetrics, with the names of versions escaped', async () => {
  status = {
    ...STATUS,
    verdict: 'violated',
    crossings: [{ created: 'v"1\\', served: 'v2', sessions: 412, lost: 3, requests: 9000 }],
    forms: [{ page: 'v1', served: 'v2', accepted: 1, refused: 2 }],
  };
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  const text = await answer.text();
  expect(text).toBe(gateMetrics(status));
  expect(text).toContain('# TYPE baton_gate_verdict gauge\n# HELP baton_gate_verdict 1 valid');
  expect(text).toContain('\nbaton_gate_verdict -1\n');
  expect(text).toContain('\nbaton_gate_sessions_lost_total{created="v\\"1\\\\",served="v2"} 3\n');
  expect(text).toContain('\nbaton_gate_forms_refused_total{page="v1",served="v2"} 2\n');
  expect(text).toMatch(/\n# EOF\n$/);
});

it('needs a target that names the version', () => {
  const text = JSON.stringify({
    version: 1,
    url: 'http://127.0.0.1:1',
    accounts: [{ user: 'a', password: 'b' }],
    login: { page: '/login', path: '/login', form: {} },
    signedIn: { page: '/', user: 'user=(.*)' },
  });
  const options = { sessions: 1, rate: 1, window: 1, out: 'runs' };
  const make = () => new Gate(parseTarget(text, 'shop.yaml', {}), options);
  expect(make).toThrow(UsageError);
  expect(make).toThrow('expected `instance.version` in the target file');
});
