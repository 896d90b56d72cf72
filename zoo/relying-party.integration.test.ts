/**
 * Runs Baton on a relying party of OpenID Connect (openid-client) and its provider (oidc-provider), by the example of
 * docs/login-oidc.md and with the defects of the zoo.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { verify } from '../verify/run.ts';
import { parseTarget } from '../verify/target/load.ts';
import { deploy } from './deploy.ts';
import { DEFECTS, ENTRIES } from './index.ts';
import { passed, trial, verdictOn } from './run.ts';

const PASSWORD = 'correct-horse-battery';
const LONG = process.env['BATON_LONG'] !== undefined;
const [, example = ''] =
  /```yaml\n([\s\S]*?)```/.exec(readFileSync(new URL('../docs/login-oidc.md', import.meta.url), 'utf8')) ??
  [];

it('the example of the docs judges a healthy relying party, and writes no secret', async () => {
  const entry = ENTRIES.find(({ name }) => name === 'oidc-done-right');
  if (entry === undefined) throw new Error('the zoo has no oidc-done-right');
  const deployed = await deploy(entry);
  const out = mkdtempSync(join(tmpdir(), 'baton-oidc-'));
  try {
    const [issuer = ''] = parse(deployed.target).origins;
    const environment = { OIDC_ISSUER: issuer, ALICE_PASSWORD: PASSWORD, BOB_PASSWORD: PASSWORD };
    const target = parseTarget(
      stringify({ ...parse(example), url: deployed.stack.url }),
      'login-oidc.md',
      environment,
    );
    const run = { duration: 1000, sessions: 4, seed: 1, workloads: ['hop', 'logout-race'], out };
    const { result, folder } = await verify(target, run);
    const judged = (judgement: string): string[] =>
      result.guarantees.filter(one => one.claimed && one.judgement === judgement).map(one => one.guarantee);
    expect(judged('violated')).toEqual([]);
    expect(judged('valid')).toEqual(expect.arrayContaining(['continuity', 'isolation', 'logout-final']));
    const written = globSync('**/*.*', { cwd: folder }).map(file => readFileSync(join(folder, file), 'utf8'));
    expect(written.join()).toContain('"path":"/callback"');
    expect(written.join()).not.toMatch(/correct-horse|[?&](code|state|nonce)=|\/interaction\/\w/);
  } finally {
    await deployed.stop();
    rmSync(out, { recursive: true });
  }
});

/** The others take a minute each. */
const SHORT = ['oidc-state-in-memory'];

it.each(
  DEFECTS.filter(
    ({ name, deployment }) => deployment.host === 'relying-party' && (LONG || SHORT.includes(name)),
  ).map(defect => [defect.name, defect] as const),
)('finds %s', async (_, defect) => {
  const out = mkdtempSync(join(tmpdir(), 'baton-oidc-'));
  try {
    const done = await trial(defect, { brief: true, duration: 1000, sessions: 4, seed: 1, out });
    expect(passed(done), verdictOn(done)).toBe(true);
  } finally {
    rmSync(out, { recursive: true });
  }
});
