/** Tests the manifests of deploy/kubernetes in a real cluster: `npm run test:cluster` (docs/kubernetes.md). */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { until } from '../stack/wait.ts';
import type { Result } from '../verify/core/result/result.ts';
import { Baton } from '../verify/testing/baton.ts';
import { used } from './used.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'deploy/kubernetes');
const NAMESPACE = 'cards';
/** The cluster makes port 30880 of the node reachable on this machine. */
const URL = process.env['CLUSTER_URL'] ?? 'http://127.0.0.1:30880';
/** Command that copies the images in its arguments to the cluster, such as `kind load docker-image`. */
const LOAD = process.env['CLUSTER_LOAD'];
/** Folder with the published CRDs of Argo Rollouts, Flagger, the Gateway API and the k6 operator. */
const CRDS = process.env['CLUSTER_CRDS'];

const why = whyNot();
used('Kubernetes', why === '' ? 'tested on the cluster of KUBECONFIG' : `NOT TESTED: ${why}`);

/** Returns why the tests cannot use a cluster; '' if they can. */
function whyNot(): string {
  if (process.env['BATON_CLUSTER'] !== '1') return 'only npm run test:cluster does';
  if (process.env['KUBECONFIG'] === undefined) return 'KUBECONFIG names no cluster';
  const get = (...args: string[]) => spawnSync('kubectl', ['get', ...args], { encoding: 'utf8' });
  const ready = get('--raw', '/readyz');
  if (ready.status !== 0) return `the cluster does not respond: ${ready.stderr ?? ready.error?.message}`;
  return get('namespace', NAMESPACE).status === 0
    ? `the namespace ${NAMESPACE} exists: delete it first, if it is not needed`
    : '';
}

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('kubectl', args, { maxBuffer: 256 << 20 });
  return stdout.trim();
}

const inCards = (...args: string[]): Promise<string> => kubectl('--namespace', NAMESPACE, ...args);

const apply = (overlay: string): Promise<string> => kubectl('apply', '-k', join(FOLDER, 'overlays', overlay));

/** Applies a kustomize overlay without its Job, and waits until the app responds. */
async function applyWithoutJob(overlay: string): Promise<void> {
  await apply(overlay);
  await inCards('delete', 'job', 'verify');
  for (const name of ['app', 'balancer'])
    await inCards('rollout', 'status', `deployment/${name}`, '--timeout=180s');
}

const remove = (): Promise<string> =>
  kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait', '--timeout=180s');

/** A kubectl output format that prints the exit codes of a pod's containers. */
const ENDED = 'jsonpath={.items[*].status.containerStatuses[*].state.terminated.exitCode}';

/** Returns the exit code and the output of the Job, after it has ended. */
async function jobEnded(): Promise<{ code: number; output: string }> {
  let code = '';
  const ended = async () => {
    code = await inCards('get', 'pods', '--selector', 'app=verify', '--output', ENDED);
    return code !== '';
  };
  await until(ended, { withinMs: 300_000, everyMs: 1_000, what: 'the Job verify to end' });
  return { code: Number(code), output: await inCards('logs', 'job/verify') };
}

let folder: string;

describe.skipIf(why !== '')('deploy/kubernetes on a cluster', { timeout: 900_000 }, () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-cluster-'));
    if (LOAD === undefined) return;
    const own = ['app', 'verify'].map(target => {
      const image = `baton-${target}:0.1.0`;
      const args = ['build', '--file', 'deploy/Dockerfile', '--target', target, '--tag', image, '.'];
      execFileSync('docker', args, { cwd: ROOT, stdio: 'ignore' });
      return image;
    });
    // Skips images that Docker lacks on this machine, because the cluster pulls them.
    const others = [...imagesOf('balancer'), ...imagesOf('redis')].filter(
      image => spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore' }).status === 0,
    );
    const images = [...own, ...others];
    execFileSync('/bin/sh', ['-c', `${LOAD} "$@"`, 'sh', ...images], { stdio: 'ignore' });
  }, 900_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      for (const args of [
        ['get', 'pods,events'],
        ['logs', 'job/verify'],
      ])
        process.stderr.write(`${await inCards(...args).catch((error: Error) => error.message)}\n`);
    }
    await remove();
  }, 240_000);

  test('trial: the Job is valid', async () => {
    await apply('trial');
    const { code, output } = await jobEnded();
    expect(output).toContain(' VALID ');
    expect(code).toBe(0);
  });

  test.each(['memory', 'secret-per-pod'])('%s: the Job finds continuity broken', async overlay => {
    await apply(overlay);
    const { code, output } = await jobEnded();
    expect(output).toMatch(/VIOLATED {2}broken: .*continuity/);
    expect(code).toBe(1);
  });

  test('no-drain: a rollout breaks availability', async () => {
    await applyWithoutJob('no-drain');
    const { code, result } = await disturbed(['rollout-restart']);
    const broken = result.guarantees.filter(({ claimed, judgement }) => claimed && judgement === 'violated');
    expect(broken.map(({ guarantee }) => guarantee)).toEqual(['availability']);
    expect(code).toBe(1);
  });

  test('trial: no fault logs a user out or fails a request', async () => {
    await applyWithoutJob('trial');
    const actions = ['rollout-restart', 'delete-pod', 'evict-pod', 'scale-out', 'scale-in', 'drain'];
    const { code, result } = await disturbed(actions);
    const fault = (name: string) =>
      expect.objectContaining({ name: `cards-${name}`, bit: true, healthy: true, relogins: 0 });
    expect(result.faults).toEqual(actions.map(fault));
    expect([result.judgement, code]).toEqual(['valid', 0]);
  });

  test('the examples of Ingress are valid', async () => {
    await kubectl('create', 'namespace', NAMESPACE);
    await accepted('deploy/kubernetes/examples/ingress.yaml');
  });

  test.skipIf(CRDS === undefined)('the other examples match the published CRDs (CLUSTER_CRDS)', async () => {
    await kubectl('create', 'namespace', NAMESPACE);
    const created: string[] = [];
    try {
      for (const file of globSync(join(CRDS ?? '', '*.yaml'))) {
        await kubectl('create', '--filename', file);
        created.push(file);
      }
      await kubectl('wait', '--for=condition=established', '--timeout=60s', 'crd', '--all');
      for (const file of globSync('deploy/{gate,kubernetes/examples}/*.yaml', { cwd: ROOT })) {
        await accepted(file);
      }
      const testRun = execFileSync(process.execPath, ['scripts/k6-operator.ts', 'dashboard'], { cwd: ROOT });
      writeFileSync(join(folder, 'test-run.yaml'), testRun);
      await kubectl('apply', ...DRY_RUN, '--filename', join(folder, 'test-run.yaml'));
      const wrong = readFileSync(join(ROOT, 'deploy/gate/flagger.yaml'), 'utf8').replace(
        'stepWeights',
        'steps',
      );
      writeFileSync(join(folder, 'wrong.yaml'), wrong);
      await expect(accepted(join(folder, 'wrong.yaml'))).rejects.toThrow(
        'unknown field "spec.analysis.steps"',
      );
    } finally {
      for (const file of created) await kubectl('delete', '--filename', file);
    }
  });
});

const DRY_RUN = ['--dry-run=server', '--validate=strict'];

/** The API server validates the objects without storing them. Throws if an object is invalid. */
const accepted = (file: string): Promise<string> =>
  inCards('apply', ...DRY_RUN, '--filename', resolve(ROOT, file));

/** Runs Baton through nginx while the deployment is disturbed, for example by a restart. */
async function disturbed(actions: string[]): Promise<{ code: number | null; result: Result }> {
  const target = {
    ...parse(readFileSync(join(ROOT, 'baton.yaml'), 'utf8')),
    url: URL,
    faults: {
      cards: { kubernetes: { deployment: 'app', namespace: NAMESPACE, do: actions }, within: '90s' },
    },
    budgets: { survival: '100%', errors: '0%' },
  };
  writeFileSync(join(folder, 'target.json'), JSON.stringify(target));
  const { code, stdout, stderr } = await new Baton([
    ...['verify', join(folder, 'target.json'), '--workload', 'hop', '--sessions', '16', '--duration', '1s'],
    ...['--claims', 'continuity,read-your-writes,availability', '--out', join(folder, 'runs'), '--json'],
    ...['--faults', actions.map(action => `cards-${action}`).join()],
  ]).finished;
  if (stdout === '') throw new Error(stderr);
  return { code, result: JSON.parse(stdout) as Result };
}

function imagesOf(file: string): string[] {
  const text = readFileSync(join(FOLDER, 'base', `${file}.yaml`), 'utf8');
  return [...text.matchAll(/image: (\S+)/g)].map(match => match[1] ?? '');
}
