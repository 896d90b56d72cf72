/** Starts two instances of an app behind nginx, to test `baton init` with other languages and frameworks. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nginx } from '../../stack/nginx.ts';
import { freePort } from '../../stack/ports.ts';
import { ServerProcess } from '../../stack/process.ts';
import { findProgram } from '../../stack/programs.ts';
import { startRedis } from '../../stack/servers.ts';
import { makeFolder, removeFolder, temporaryPath } from '../../stack/watchdog.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
/** Folder for builds: the virtual environment of Python, and the Go program. */
const CACHE = join(root, 'node_modules/.cache/baton-hosts');

export const PASSWORD = 'open sesame 42';

export interface Host {
  name: string;
  users: readonly [string, string];
  /** Additional environment variables of each instance. */
  env?: Record<string, string>;
  /**
   * Returns the command that starts an instance. Builds or installs the program if necessary.
   * @throws Error if this fails
   */
  command(port: number): readonly [string, ...string[]];
  /** Returns a command that runs once before the instances start. */
  prepare?(): readonly [string, ...string[]];
  /** Guarantees that defect 1 and defect 2 break. BROKEN selects a defect by its number. */
  breaks: readonly [string, string];
  /** The claims that `baton init` must write to the target file. */
  claims: string;
  /** Recipe of `baton init` (settings for a framework) that fits this app. */
  recipe?: string;
  /** Options for `baton init` with values that no page of the app shows. */
  init?: readonly string[];
  /** A guarantee that a library of this app breaks even without a defect. */
  keepsNot?: string;
}

function python(): string {
  const venv = join(CACHE, 'python');
  const program = join(venv, 'bin/python');
  if (!existsSync(join(venv, 'installed'))) {
    mkdirSync(CACHE, { recursive: true });
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'ignore' });
    const packages = [
      'django==5.2.19',
      'flask==3.1.3',
      'flask-login==0.6.3',
      'flask-session==0.8.0',
      'redis==5.2.1',
    ];
    execFileSync(program, ['-m', 'pip', 'install', '-q', ...packages], { stdio: 'ignore' });
    mkdirSync(join(venv, 'installed'));
  }
  return program;
}

function goProgram(): string {
  const program = join(CACHE, 'go-host');
  mkdirSync(CACHE, { recursive: true });
  execFileSync(findProgram('go'), ['build', '-o', program, '.'], { cwd: join(here, 'go'), stdio: 'ignore' });
  return program;
}

export const HOSTS: readonly Host[] = [
  {
    name: 'django',
    recipe: 'django',
    users: ['alice', 'bob'],
    command: port => [python(), join(here, 'django/app.py'), `${port}`],
    prepare: () => [python(), join(here, 'django/app.py'), 'prepare'],
    breaks: ['continuity', 'logout-final'],
    claims: 'standard',
  },
  {
    name: 'flask',
    recipe: 'flask-login',
    users: ['alice', 'bob'],
    command: port => [python(), join(here, 'flask/app.py'), `${port}`],
    breaks: ['continuity', 'cookie-policy'],
    claims: 'stateless-token',
  },
  {
    name: 'express',
    recipe: 'express-passport',
    users: ['alice@example.test', 'bob@example.test'],
    command: () => [process.execPath, join(here, 'express/server.ts')],
    breaks: ['rotation', 'continuity'],
    claims: 'standard',
    // connect-redis also saves a destroyed session, so a request in flight at a logout restores the session.
    keepsNot: 'logout-final',
  },
  {
    name: 'php',
    users: ['alice', 'bob'],
    // Without workers, PHP's built-in server handles one request at a time.
    env: { PHP_CLI_SERVER_WORKERS: '4' },
    command: port => [findProgram('php'), '-S', `127.0.0.1:${port}`, join(here, 'php/index.php')],
    breaks: ['logout-final', 'rotation'],
    claims: 'standard',
  },
  {
    name: 'go',
    users: ['alice', 'bob'],
    command: port => [goProgram(), `${port}`],
    breaks: ['cookie-policy', 'continuity'],
    claims: 'standard',
  },
  {
    name: 'java',
    users: ['alice', 'bob'],
    // Without a limit for the JIT compiler, two instances would use all CPU cores for seconds.
    command: port => [
      findProgram('java'),
      '-XX:TieredStopAtLevel=1',
      join(here, 'java/Server.java'),
      `${port}`,
    ],
    init: ['--login-path', '/api/login'],
    breaks: ['isolation', 'logout-final'],
    claims: 'standard',
  },
  {
    name: 'react',
    users: ['alice@example.test', 'bob@example.test'],
    command: () => [process.execPath, join(here, 'react/server.ts')],
    breaks: ['continuity', 'logout-final'],
    claims: 'standard',
  },
];

export interface Running {
  url: string;
  /** Path of the balancer's access log, which has one JSON line for each request. */
  accessLog: string;
  /** Returns all cookies, form tokens and passwords that the app has sent or received so far. */
  secrets(): string[];
  stop(): Promise<void>;
}

/**
 * Starts two instances of an app behind nginx.
 * @param defect number of the defect; 0 for the healthy variant
 * @throws Error if this machine lacks a program that the app needs
 */
export async function startHost(host: Host, defect: number): Promise<Running> {
  const dir = temporaryPath('baton-host-');
  makeFolder(dir);
  const data = join(dir, 'data');
  mkdirSync(data);
  const stops: (() => Promise<void>)[] = [async () => removeFolder(dir)];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const redis = await startRedis();
    stops.push(() => redis.dispose());
    const env = (port: number) => ({
      ...process.env,
      ...host.env,
      PASSWORD,
      HOST_DIR: data,
      PORT: `${port}`,
      REDIS_PORT: `${redis.port}`,
      BROKEN: `${defect}`,
    });
    const prepare = host.prepare?.();
    if (prepare !== undefined) execFileSync(prepare[0], prepare.slice(1), { env: env(0), stdio: 'ignore' });
    const instances = [];
    for (const name of ['one', 'two']) {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const server = new ServerProcess({
        name,
        command: host.command(port),
        env: env(port),
        log: join(dir, `${name}.log`),
        readyMs: 60_000,
        ready: async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok === true,
      });
      stops.push(() => server.dispose());
      await server.start();
      instances.push({ name, url });
    }
    const [port, statusPort] = [await freePort(), await freePort()];
    const sent = join(dir, 'sent.log');
    const additions = {
      http: `log_format sent escape=json '["$http_cookie","$request_body"]'; access_log ${sent} sent;`,
      server: 'add_header X-Served-By $upstream_addr always;',
    };
    const nginx = new Nginx({ port, statusPort, dir, additions });
    stops.push(() => nginx.dispose());
    await nginx.registerAll(instances);
    await nginx.start();
    return { url: nginx.url, accessLog: nginx.accessLog, secrets: () => secretsIn(sent), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Minimum length of a secret, characters. Baton itself sends shorter cookie values: empty or cut ones. */
const SHORTEST = 12;

/** Returns the values of cookies, and of form fields for tokens and passwords, in a log of nginx. */
function secretsIn(log: string): string[] {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const found = lines.flatMap(line => {
    const [cookies = '', body = ''] = JSON.parse(line) as string[];
    const values = cookies.split('; ').map(cookie => cookie.replace(/^[^=]*=/, ''));
    const fields = [...new URLSearchParams(body)].filter(([name]) => /csrf|token|pass|secret/i.test(name));
    return [...values, ...fields.map(([, value]) => value)];
  });
  return [...new Set([...found.filter(value => value.length >= SHORTEST), PASSWORD])];
}
