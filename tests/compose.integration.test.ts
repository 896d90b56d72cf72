/** Tests docker-compose.yml with the commands in the docs. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment, Wait } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../stack/ports.ts';
import { containersOf, prepareEngine, STACK_IMAGES, whyNot } from '../stack/testing/containers.ts';
import type { Result } from '../verify/core/result/result.ts';
import { baton } from '../verify/testing/baton.ts';
import { used } from './used.ts';

const ROOT = join(import.meta.dirname, '..');
const PROJECT = `baton-file-${process.pid}`;
const why = whyNot(...STACK_IMAGES);

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

const run = (program: string, ...args: string[]) => promisify(execFile)(program, args);

async function compose(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  const all = ['compose', '--project-name', PROJECT, ...args];
  try {
    const ran = await promisify(execFile)('docker', all, { cwd: ROOT, env: { ...process.env, ...env } });
    return { code: 0, ...ran };
  } catch (error) {
    return error as Ran;
  }
}

async function resolved(...args: string[]) {
  const { stdout, stderr } = await compose({}, ...args, 'config', '--format', 'json');
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { services: Record<string, Service> };
}

function judgementOf({ guarantees }: Result, name: string): string | undefined {
  return guarantees.find(({ guarantee }) => guarantee === name)?.judgement;
}

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  mem_limit?: string;
  volumes?: { type: string; source: string }[];
}

describe.skipIf(why !== '')('docker compose', { timeout: 600_000 }, () => {
  let runs: string;
  let up: StartedDockerComposeEnvironment | undefined;
  let url: string;

  async function start(env: Record<string, string> = {}): Promise<void> {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    up = await new DockerComposeEnvironment(ROOT, 'docker-compose.yml')
      .withProjectName(PROJECT)
      .withBuild()
      .withEnvironment({ BALANCER_PORT: String(port), RUNS: runs, ...env })
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .up();
  }

  /** Returns the SESSION_SECRET of an instance, and the certificate of nginx. */
  async function secrets(): Promise<string[]> {
    const read = (service: string, file: string) =>
      compose({}, 'exec', '-T', service, 'cat', `/secrets/${file}`);
    const files = await Promise.all([read('app-1', 'session/secret'), read('balancer', 'tls/balancer.crt')]);
    return files.map(({ stdout }) => stdout);
  }

  /** Runs `docker compose run verify` without the environment variables of `docker compose up`. */
  async function verify(...args: string[]): Promise<Ran & { result: Result }> {
    const ran = await compose({ RUNS: runs }, 'run', '--rm', 'verify', '--quiet', '--json', ...args);
    return { ...ran, result: JSON.parse(ran.stdout.slice(ran.stdout.indexOf('{\n'))) as Result };
  }

  beforeAll(() => {
    prepareEngine();
    runs = mkdtempSync(join(tmpdir(), 'baton-runs-'));
    chmodSync(runs, 0o777); // The container runs as another user, who must be able to write here.
  });

  afterAll(async () => {
    await up?.down({ removeVolumes: true });
    await compose({}, '--profile', '*', 'down', '--volumes'); // '*' includes the services of all profiles
    const { stdout } = await compose({}, 'ps', '--all', '--quiet');
    expect(stdout).toBe('');
    rmSync(runs, { recursive: true, force: true });
  });

  test('up: all services are healthy, and the card store responds', async () => {
    await start();
    const { stdout } = await compose({}, 'ps', '--format', '{{.Service}} {{.Health}}');
    expect(stdout.trim().split('\n').toSorted()).toEqual(
      ['app-1', 'app-2', 'balancer', 'redis'].map(name => `${name} healthy`),
    );
    const answers = await Promise.all([fetch(`${url}/login`), fetch(`${url}/login`)]);
    expect(answers.map(answer => answer.headers.get('x-instance-id')).toSorted()).toEqual(['app-1', 'app-2']);
  });

  test('no container runs as root, has a capability, can write to its image, or use all memory', async () => {
    const { stdout } = await compose({}, 'ps', '--all', '--quiet');
    const containers = JSON.parse((await run('docker', 'inspect', ...stdout.trim().split('\n'))).stdout);
    expect(containers).toHaveLength(5);
    for (const { Name, Config, HostConfig } of containers) {
      expect([Name, Config.User]).toEqual([Name, expect.stringMatching(/^(node|[1-9]\d*:[1-9]\d*)$/)]);
      expect([Name, HostConfig]).toMatchObject([
        Name,
        { ReadonlyRootfs: true, CapDrop: ['ALL'], CapAdd: null, SecurityOpt: ['no-new-privileges:true'] },
      ]);
      expect(HostConfig.Memory).toBeGreaterThan(0);
    }
    const { services } = await resolved('--profile', '*');
    for (const [name, service] of Object.entries(services))
      expect([name, service.mem_limit]).toEqual([name, expect.stringMatching(/^\d+$/)]);
  });

  test('with TLS, by the certificate of the first start: the cookies are Secure and __Host-', async () => {
    const [port, ca] = await Promise.all([
      compose({}, 'port', 'balancer', '8443'),
      compose({}, 'exec', '-T', 'balancer', 'cat', '/secrets/tls/ca.crt'),
    ]);
    const [response] = await once(get(`https://${port.stdout.trim()}/login`, { ca: ca.stdout }), 'response');
    response.resume();
    expect(response.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-csrf=.*; HttpOnly; Secure; SameSite=Lax$/),
    ]);
  });

  test('a later start keeps the secret and the certificate', async () => {
    const before = await secrets();
    expect(before[0]).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await compose({}, 'start', 'secrets')).code).toBe(0);
    expect((await compose({}, 'wait', 'secrets')).code).toBe(0);
    expect(await secrets()).toEqual(before);
  });

  test('run verify: valid over TLS, also by the logs of balancer and instances', async () => {
    const { code, result } = await verify('--duration', '8s');
    expect(result.url).toBe('https://balancer:8443');
    expect(judgementOf(result, 'cookie-policy')).toBe('valid');
    expect(judgementOf(result, 'evidence')).toBe('valid');
    expect(result.judgement).toBe('valid');
    expect(code).toBe(0);
    expect(readdirSync(runs)).toHaveLength(1);
  });

  test('up with the profile report: serves the report of the run, with its timeline', async () => {
    const port = await freePort();
    const env = { RUNS: runs, REPORT_PORT: String(port), BALANCER_PORT: new URL(url).port };
    const ran = await compose(
      env,
      '--profile',
      'report',
      'up',
      '--detach',
      '--wait',
      '--no-recreate',
      'report',
    );
    expect(ran.code, ran.stderr).toBe(0);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(page.url).toContain(readdirSync(runs)[0]);
    expect(await page.text()).toContain('id="chunk-data"');
  });

  test('the balancer finds an instance that restarts, also with another address', async () => {
    await compose({}, 'stop', 'app-1', 'app-2');
    await compose({}, 'start', 'app-2');
    await compose({}, 'start', 'app-1');
    await expect
      .poll(
        async () => {
          const answers = await Promise.all([fetch(`${url}/readyz`), fetch(`${url}/readyz`)]);
          return answers.map(answer => `${answer.status} ${answer.headers.get('x-instance-id')}`).toSorted();
        },
        { timeout: 20_000, interval: 200 },
      )
      .toEqual(['200 app-1', '200 app-2']);
  });

  test('data that Redis has acknowledged survives a kill of Redis', async () => {
    await compose({}, 'exec', '-T', 'redis', 'redis-cli', 'set', 'kept', 'yes');
    await compose({}, 'kill', 'redis');
    await compose({}, 'up', '--detach', '--wait', '--no-recreate', 'redis');
    const { stdout } = await compose({}, 'exec', '-T', 'redis', 'redis-cli', 'get', 'kept');
    expect(stdout.trim()).toBe('yes');
  });

  test('SESSION_STORE=memory: the same command finds lost sessions, with the given secret', async () => {
    await start({ SESSION_STORE: 'memory', SESSION_SECRET: 'a secret of our own' });
    expect((await secrets())[0]).toBe('a secret of our own\n');
    const { code, result } = await verify('--duration', '3s');
    expect(code).toBe(1);
    expect(judgementOf(result, 'continuity')).toBe('violated');
    expect(judgementOf(result, 'evidence')).toBe('valid');
  });
});

describe.skipIf(why !== '')('baton verify --stack compose', () => {
  test('with the store of the environment: claims what it guarantees, and is valid', async () => {
    const options = ['--stack', 'compose', '--duration', '8s', '--json'];
    const ran = await baton(['verify', ...options], { SESSION_STORE: 'connect-redis' });
    const result = JSON.parse(ran.stdout) as Result;
    expect(result.guarantees.find(({ guarantee }) => guarantee === 'no-lost-updates')?.claimed).toBe(false);
    expect(judgementOf(result, 'continuity')).toBe('valid');
    expect(judgementOf(result, 'evidence')).toBe('valid');
    expect(ran.code).toBe(0);
  });
});

describe.skipIf(why !== '')('the profile for k6', () => {
  test('runs an existing script, with all its imports', async () => {
    const { services } = await resolved('--profile', 'load');
    const { image, command, environment, volumes } = services['load'] ?? { image: '' };
    expect(image).toMatch(/^grafana\/k6:\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$/);
    expect(command?.[0]).toBe('run');
    expect(environment).toHaveProperty('BASE_URL', 'http://balancer:8080');
    const folders = Object.fromEntries((volumes ?? []).map(({ source }) => [source, existsSync(source)]));
    expect(folders).toEqual({ [join(ROOT, 'loadtests')]: true, [join(ROOT, 'verify')]: true });
    expect(existsSync(join(ROOT, command?.at(-1)?.replace('/baton/', '') ?? ''))).toBe(true);
  });

  test('is not started by default', async () => {
    const { services } = await resolved();
    expect(Object.keys(services).toSorted()).toEqual(['app-1', 'app-2', 'balancer', 'redis', 'secrets']);
  });
});

used('containers', containersOf(...STACK_IMAGES));
