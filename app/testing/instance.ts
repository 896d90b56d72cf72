/** Starts app instances for tests: in the test's process, where parts can be replaced, or as separate processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Store } from 'express-session';
import { pino } from 'pino';
import { guard, release } from '../../stack/watchdog.ts';
import { createApp } from '../app.ts';
import { connectBacking } from '../backing.ts';
import { readConfig } from '../config.ts';
import { createFixtures } from '../data/fixtures.ts';
import { Users } from '../data/users.ts';
import { Lifecycle } from '../lifecycle.ts';
import { createMailer } from '../mail.ts';
import { connectPictures } from '../pictures.ts';
import { createStore } from '../stores/index.ts';

export type LogLine = Record<string, unknown>;

export interface TestInstance {
  readonly url: string;
  readonly log: LogLine[];
  readonly store: Store;
  readonly lifecycle: Lifecycle;
  closeConnections(): void;
  close(): Promise<void>;
}

export interface InProcess {
  env?: Record<string, string>;
  pay?: () => Promise<void>;
}

const CHEAP = { TRIAL: 'true', SCRYPT_COST: '2', FIXTURE_USERS: '20', PORT: '0' };

/** Starts an instance in this process, with fixture users, on a free port. */
export async function startInProcess(redisUrl: string, options: InProcess = {}): Promise<TestInstance> {
  const config = readConfig({ ...CHEAP, REDIS_URL: redisUrl, ...options.env });
  const lines: LogLine[] = [];
  const log = pino({ base: null }, { write: line => lines.push(JSON.parse(line)) });
  const backing = await connectBacking(config, () => {});
  if (backing.redis.status !== 'ready') await once(backing.redis, 'ready');
  await backing.prepare();
  const users = new Users(backing.redis, config.scrypt);
  await createFixtures(users, config.fixtureUsers, config.scrypt);
  const lifecycle = new Lifecycle();
  lifecycle.prepared = true;
  const store = createStore(config, backing);
  const pay = options.pay ?? (() => Promise.resolve());
  const deps = { config, backing, store, users, log, lifecycle, pay };
  const server = createServer(
    createApp({ ...deps, mailer: await createMailer(config), pictures: await connectPictures(config) }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    backing.close();
    await once(server, 'close');
  };
  const closeConnections = () => server.closeAllConnections();
  return { url: `http://127.0.0.1:${port}`, log: lines, store, lifecycle, closeConnections, close };
}

export interface TestProcess {
  readonly url: string;
  readonly log: LogLine[];
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Resolves with the first log line that `fits` accepts, including lines from before this call. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Starts the app as a separate process. Throws if the process exits before it listens. */
export async function startProcess(redisUrl: string, env: Record<string, string>): Promise<TestProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../server.ts')], {
    env: { PATH: process.env['PATH'], ...CHEAP, REDIS_URL: redisUrl, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    // Even after SIGKILL of the tests, the watchdog kills the process group of the app.
    detached: true,
  });
  const group = child.pid;
  if (group !== undefined) guard('group', group);
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface(child.stdout).on('line', text => {
    log.push(JSON.parse(text));
    for (const look of waiting) look();
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    if (group !== undefined) release('group', group);
    return code ?? signal;
  });
  const line = (fits: (line: LogLine) => boolean) =>
    new Promise<LogLine>((resolve, reject) => {
      const look = () => {
        const found = log.find(fits);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      ended.then(end => reject(new Error(`expected a log line, but the app ended with ${end}`)));
    });
  const { url } = await line(({ event }) => event === 'listening');
  return { url: String(url), log, line, ended, signal: name => void child.kill(name) };
}
