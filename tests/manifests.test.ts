/** Checks the Kubernetes manifests in deploy/kubernetes and deploy/gate without a cluster. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { used } from './used.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'deploy/kubernetes');

/** Optional program, without which some tests are skipped. */
const VALIDATOR = 'kubernetes-validate';
const BUILDER = 'kubectl';
const installed = (name: string) => spawnSync(name, ['--help'], { stdio: 'ignore' }).error === undefined;
const [validates, builds] = [installed(VALIDATOR), installed(BUILDER)];
const missing = [validates ? [] : VALIDATOR, builds ? [] : BUILDER].flat();
used(
  'manifests',
  missing.length === 0
    ? 'built and validated'
    : `NOT TESTED against the published schemas: no ${missing.join(', ')}`,
);

interface Container {
  name: string;
  args?: string[];
  env?: { name: string; value?: string }[];
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  readinessProbe?: { httpGet?: { path: string } };
  livenessProbe?: { httpGet?: { path: string } };
  resources?: { limits?: { memory?: string } };
  securityContext?: object;
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; seccompProfile?: { type: string } };
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: { replicas?: number; strategy?: object; template?: { spec: PodSpec } };
}

function manifestsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { merge: true }).map(one => one.toJS() as Manifest);
}

const kustomizations = globSync('**/kustomization.yaml', { cwd: FOLDER }).map(file => join(FOLDER, file));
const files = globSync('**/*.yaml', { cwd: FOLDER })
  .filter(file => !file.endsWith('kustomization.yaml'))
  .map(file => join(FOLDER, file));
const manifests = files.flatMap(manifestsIn);
const pods = manifests.flatMap(({ kind, metadata, spec }) =>
  spec?.template ? [[`${kind} ${metadata.name}`, spec.template.spec] as const] : [],
);

test('each kustomization lists files that exist', () => {
  expect(kustomizations.length).toBeGreaterThan(2);
  for (const file of kustomizations) {
    const { resources } = parse(readFileSync(file, 'utf8')) as { resources: string[] };
    for (const resource of resources) expect(existsSync(join(dirname(file), resource)), resource).toBe(true);
  }
});

test.each(pods)('%s satisfies the restricted pod security standard, and limits its memory', (_name, pod) => {
  expect(pod.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  for (const { securityContext, resources } of [...pod.containers, ...(pod.initContainers ?? [])]) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(resources?.limits?.memory).toMatch(/^\d+Mi$/);
  }
});

test('a pod of the app has time for preStop, the drain and the last requests, and a rollout never has fewer pods', () => {
  const app = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'app');
  const pod = app?.spec.template?.spec;
  const [container] = pod?.containers ?? [];
  const ms = (name: string) => Number(container?.env?.find(one => one.name === name)?.value);
  const preStop = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
  expect(preStop).toBeGreaterThan(0);
  const needed = preStop + (ms('DRAIN_MS') + ms('SHUTDOWN_MS')) / 1000;
  expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(needed);
  expect([container?.readinessProbe?.httpGet?.path, container?.livenessProbe?.httpGet?.path]).toEqual([
    '/readyz',
    '/healthz',
  ]);
  expect(app?.spec).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
});

test('the Job claims what baton.yaml claims, except evidence, for which it has no logs', () => {
  const job = pods.find(([name]) => name === 'Job verify')?.[1].containers[0];
  const claimed = job?.args?.[job.args.indexOf('--claims') + 1]?.split(',');
  const target = parse(readFileSync(join(ROOT, 'baton.yaml'), 'utf8')) as { claims: (string | object)[] };
  const all = target.claims.map(claim => (typeof claim === 'string' ? claim : (Object.keys(claim)[0] ?? '')));
  expect(claimed?.toSorted()).toEqual(all.filter(claim => claim !== 'evidence').toSorted());
});

const overlays = kustomizations.map(file => dirname(file).slice(FOLDER.length + 1));

describe.skipIf(!builds)('kubectl kustomize', () => {
  test.each(overlays)('builds %s, and each object is valid', overlay => {
    const built = spawnSync(BUILDER, ['kustomize', join(FOLDER, overlay)], { encoding: 'utf8' });
    expect(built.stderr).toBe('');
    expect(built.stdout).toContain('kind: Deployment');
    if (validates) expect(complaints(built.stdout)).toBe('');
  });
});

test.skipIf(!validates)('the Ingress examples are valid', () => {
  expect(complaints(readFileSync(join(FOLDER, 'examples/ingress.yaml'), 'utf8'))).toBe('');
});

test.skipIf(!validates)('the validator finds an unknown field', () => {
  const wrong = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { selektor: {} } };
  expect(complaints(JSON.stringify(wrong))).toContain('selektor');
});

/** Checks the manifests against the published schemas. Returns the errors; '' if there are none. */
function complaints(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-manifests-'));
  const file = join(folder, 'manifests.yaml');
  writeFileSync(file, text);
  const args = ['--strict', '--kubernetes-version', '1.34', file];
  const { status, stdout, stderr } = spawnSync(VALIDATOR, args, { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

test('each manifest for a canary controller sends requests to paths that docs/gate.md has', () => {
  const page = readFileSync(join(ROOT, 'docs/gate.md'), 'utf8');
  const asked = globSync('deploy/gate/*.yaml', { cwd: ROOT }).flatMap(file => [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(/http:\/\/baton-gate:8090(\/\w+)/g),
  ]);
  expect(asked.length).toBeGreaterThan(6);
  for (const [, path] of asked) expect(page).toMatch(new RegExp(`\`(POST )?${path}\``));
});
