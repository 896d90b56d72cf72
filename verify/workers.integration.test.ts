import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../stack/wait.ts';
import type { Event } from './core/history/history.ts';
import { parseEvent } from './core/history/parse.ts';
import { HISTORY, partsIn } from './history-reader.ts';
import { judgeFile } from './judge-file.ts';
import { verify } from './run.ts';
import { loadTarget } from './target/load.ts';
import { Baton } from './testing/baton.ts';

const TARGET = `
version: 1
name: small
url: http://127.0.0.1:1
accounts: [{ user: "user{n}", password: secret, count: 5 }]
login: { page: /login, path: /login, form: { name: "{user}" } }
signedIn: { page: /, user: 'data-user="([^"]*)"' }
instance: { header: x-instance }
claims: [continuity, isolation]
`;

const sessions = new Map<string, string>();
let served = 0;
const server = createServer((request, response) => {
  response.setHeader('x-instance', `app-${1 + (served++ % 2)}`);
  const sid = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  if (request.method === 'POST') {
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      const id = `s${'0'.repeat(20)}${sessions.size}`;
      sessions.set(id, new URLSearchParams(body).get('name') ?? '');
      response.setHeader('set-cookie', `sid=${id}; Path=/; HttpOnly; SameSite=Lax`);
      response.writeHead(303, { location: '/' }).end();
    });
  } else if (request.url === '/login') response.end('<form method=post><input type=password></form>');
  else if (sessions.has(sid)) response.end(`<body data-user="${sessions.get(sid)}">`);
  else response.writeHead(303, { location: '/login' }).end();
});

let [out, file, url] = ['', '', ''];
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  out = mkdtempSync(join(tmpdir(), 'baton-workers-'));
  file = join(out, 'small.yaml');
  writeFileSync(file, TARGET);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(out, { recursive: true });
});

const run = async (options: object) =>
  verify(
    { ...(await loadTarget(file, {})), url },
    { out, seed: 1, sessions: 5, workloads: ['hop'], ...options },
  );

const eventsOf = (folder: string): Event[] =>
  readFileSync(join(folder, HISTORY), 'utf8').trim().split('\n').map(parseEvent);

describe('a run with several workers', () => {
  it('has the verdicts of a run with one worker', async () => {
    const judgements = async (workers: number): Promise<string[]> => {
      const [stop, enough] = [new AbortController(), served + 600];
      const onOperation = () => served > enough && stop.abort();
      const { result } = await run({ duration: 3_600_000, workers, signal: stop.signal, onOperation });
      return result.guarantees.map(({ guarantee, judgement }) => `${guarantee} ${judgement}`);
    };
    const one = await judgements(1);
    expect(one.slice(0, 2)).toEqual(['continuity valid', 'isolation valid']);
    expect(await judgements(2)).toEqual(one);
  });

  it('has the sessions and users of a run with one worker, in one history', async () => {
    const [one, two] = [await run({ duration: 300 }), await run({ duration: 300, workers: 2 })];
    expect(two.result).toMatchObject({ finished: 'complete', remarks: [] });
    const events = eventsOf(two.folder);
    const born = (folder: string) =>
      eventsOf(folder)
        .flatMap(event =>
          event.type === 'session' && event.event === 'born' ? [`${event.session} ${event.user}`] : [],
        )
        .toSorted();
    expect(born(two.folder)).toEqual(born(one.folder));
    const clocks = events.filter(event => event.type === 'clock');
    expect(clocks.map(({ clock }) => clock)).toEqual(['c0', 'c1']);
    expect(clocks[1]?.uncertainty).toBeGreaterThan(0);
    const users = (clock: string) =>
      new Set(
        events.flatMap(event =>
          event.type === 'start' && event.clock === clock && event.session.startsWith('s')
            ? [event.user]
            : [],
        ),
      );
    expect([...users('c1')].filter(user => users('c0').has(user))).toEqual([]);
    const ids = events.flatMap(event => (event.type === 'op' || event.type === 'start' ? [event.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(readdirSync(two.folder).toSorted()).toEqual([HISTORY, 'result.json']);
  });

  it('ends when it is interrupted, and judges what all workers recorded', async () => {
    const stop = new AbortController();
    const onOperation = ({ session }: { session: string }) => session.startsWith('s') && stop.abort();
    const options = { duration: 3_600_000, workers: 3, signal: stop.signal, onOperation };
    const { result, folder } = await run(options);
    expect(result.finished).toBe('interrupted');
    expect(eventsOf(folder).filter(({ type }) => type === 'clock')).toHaveLength(3);
  });

  it('loses nothing that was recorded if it is killed: check judges the parts', async () => {
    const killed = join(out, 'killed');
    const baton = new Baton(
      [
        'verify',
        file,
        '--url',
        url,
        '--workers',
        '2',
        '--workload',
        'hop',
        '--sessions',
        '4',
        '--duration',
        '1h',
      ].concat('--out', killed),
    );
    const parts = () => partsIn(join(killed, readdirSync(killed)[0] ?? ''));
    const has = (part: string | undefined) =>
      part !== undefined && readFileSync(part, 'utf8').includes('"event":"born"');
    const before = served;
    await until(
      async () => existsSync(killed) && served > before + 500 && (await parts()).filter(has).length === 2,
      {
        withinMs: 60_000,
        what: 'both workers to have recorded a login',
      },
    );
    baton.kill('SIGKILL');
    await baton.finished;
    const result = await judgeFile(join(killed, readdirSync(killed)[0] ?? ''));
    expect(result.finished).toBe('cut off');
    expect(result.tally.sessions).toBeGreaterThanOrEqual(4);
    for (const part of [0, 1])
      expect(result.remarks.join('\n')).toContain(`history-${part}.ndjson has no line that ends the history`);
  });

  it.each([
    [{ workers: 2, workloads: [] }, 'add --workload hop'],
    [{ workers: 6, sessions: 6 }, 'at least 6 accounts'],
    [{ workers: 3, sessions: 2 }, 'at least 3 sessions, got 2'],
  ])('cannot be divided if it has %j', async (options, message) => {
    await expect(run(options)).rejects.toThrow(message);
  });
});
