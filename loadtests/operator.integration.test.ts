/** Runs the k6 script of the Kubernetes manifests as pods do: in two k6 processes with half of the load each. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { bundledScript } from '../scripts/k6-bundle.ts';
import { manifestsOf } from '../scripts/k6-manifests.ts';
import { startLocalStack } from '../stack/local.ts';
import { used } from '../tests/used.ts';
import { judgeFiles } from '../verify/judge-file.ts';
import { findK6, runK6 } from '../verify/k6.ts';
import { REAL_K6, realK6 } from './testing/scripts.ts';

const KEY = 'c0ffee'.repeat(8);
/** Path of the definition of TestRun: config/crd/bases/k6.io_testruns.yaml in the k6 operator's repository. */
const CRD = process.env['K6_OPERATOR_CRD'];

interface Variable {
  name: string;
  value: string;
}

interface Manifest {
  kind: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  spec: { arguments: string; initializer: { env: Variable[] }; runner: { env: Variable[] } };
}

async function manifests(): Promise<Record<string, Manifest>> {
  const text = manifestsOf({
    script: 'dashboard',
    code: await bundledScript('dashboard'),
    parallelism: 2,
    env: [['BASE_URL', 'http://my-app']],
    envFrom: 'passwords',
    image: 'grafana/k6:latest',
    namespace: 'load',
    run: 'friday',
    key: KEY,
  });
  const all = parseAllDocuments(text).map(document => document.toJS() as Manifest);
  return Object.fromEntries(all.map(manifest => [manifest.kind, manifest]));
}

describe('the manifests of the k6 operator', () => {
  it('hold the key of the run in a Secret, not in the ConfigMap or the TestRun', async () => {
    const { ConfigMap, Secret, TestRun } = await manifests();
    expect(Secret?.stringData).toEqual({ RUN_KEY: KEY });
    expect(JSON.stringify([ConfigMap, TestRun])).not.toContain(KEY);
    expect(TestRun?.spec.runner.env).toContainEqual({ name: 'BASE_URL', value: 'http://my-app' });
    // The k6 operator does not pass `envFrom` to its initializer, so the key must be in `env`.
    const secretKeyRef = { name: 'baton-dashboard', key: 'RUN_KEY' };
    for (const { env } of [TestRun?.spec.initializer, TestRun?.spec.runner].map(one => one ?? { env: [] }))
      expect(env).toContainEqual({ name: 'RUN_KEY', valueFrom: { secretKeyRef } });
  });

  it('are not printed for a file that is not a k6 script', async () => {
    await expect(bundledScript('../verify/cli')).rejects.toThrow(
      'expected the name of a script in loadtests/',
    );
  });

  it.skipIf(CRD === undefined)('match the published schema of TestRun (K6_OPERATOR_CRD)', async () => {
    const crd = parse(readFileSync(CRD ?? '', 'utf8'));
    const [version] = crd.spec.versions;
    const validate = new Ajv({ strict: false, validateFormats: false, logger: false }).compile(
      closed(version.schema.openAPIV3Schema),
    );
    const { TestRun } = await manifests();
    validate(TestRun);
    expect(validate.errors).toBeNull();
    expect(validate({ ...TestRun, spec: { ...TestRun?.spec, paralelism: 2 } })).toBe(false);
  });

  it.skipIf(realK6 === undefined)('run as two k6 processes, whose histories form one run', async () => {
    const k6 = await findK6(process.env);
    if (k6 === undefined) throw new Error('expected k6, which was found before');
    const { ConfigMap, TestRun } = await manifests();
    const folder = mkdtempSync(join(tmpdir(), 'baton-operator-'));
    const stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2' } });
    try {
      const script = join(folder, 'dashboard.js');
      writeFileSync(script, ConfigMap?.data?.['dashboard.js'] ?? '');
      const own = Object.fromEntries(
        (TestRun?.spec.runner.env ?? []).map(({ name, value }) => [name, value]),
      );
      const env = { ...own, RUN_KEY: KEY, BASE_URL: stack.url, USERS: '6', DURATION: '4s', SEED: '' };
      const halves = await Promise.all(
        ['0:1/2', '1/2:1'].map(async (segment, i) => {
          const flags = [
            `--execution-segment=${segment}`,
            '--execution-segment-sequence=0,1/2,1',
            ...(TestRun?.spec.arguments ?? '').split(' '),
          ];
          // A pod writes the whole output of k6 to one log.
          const { stdout } = await runK6(k6, script, { env, flags });
          const log = join(folder, `${i}.log`);
          writeFileSync(log, stdout);
          return log;
        }),
      );
      const result = await judgeFiles(halves);
      expect(result.tally).toMatchObject({ sessions: 6, users: 6 });
      expect(result).toMatchObject({ judgement: 'valid', finished: 'complete', run: 'friday' });
    } finally {
      await stack.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

/** Makes a JSON schema reject unknown properties, which the API server would silently remove. */
function closed(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema as object;
  const entries = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const all = Object.fromEntries(entries);
  const open =
    all.type === 'object' && all.properties !== undefined && all.properties.apiVersion === undefined;
  return open ? { ...all, additionalProperties: false } : all;
}

used('real k6', REAL_K6);
