/** Tests logins at a real identity provider, Keycloak. The app is the relying party of the zoo. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Beside } from '../../stack/local.ts';
import { requirePrograms } from '../../stack/programs.ts';
import { baton, type Finished } from '../../verify/testing/baton.ts';
import { deploy } from '../../zoo/deploy.ts';
import { issuedBy } from '../../zoo/issued.ts';
import { LONG } from '../long.ts';
import { installKeycloak, PASSWORD, startKeycloak } from './keycloak.ts';

/** Returns why Keycloak cannot run on this machine; '' if it can. */
function lacking(): string {
  try {
    requirePrograms(['java'], ['mvn'], ['tar'], ['postgres'], ['nginx']);
    return '';
  } catch {
    return ' (skipped: needs Java, Maven, tar, PostgreSQL and nginx on the PATH)';
  }
}
const lacks = lacking();

/** Maximum time for the download, the build and the start of two nodes, milliseconds. */
const START_MS = 1_800_000;
const VERIFY_MS = 300_000;

describe.skipIf(!LONG || lacks !== '')(`a relying party and two nodes of Keycloak${lacks}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-keycloak-test-'));
  const file = join(folder, 'target.yaml');
  const env = { HOST_PASSWORD: PASSWORD };
  let keycloak: Beside;
  let missing: string | undefined;

  beforeAll(async () => {
    missing = await installKeycloak().then(
      () => undefined,
      error => `Keycloak could not be installed: ${error}`,
    );
    if (missing === undefined) keycloak = await startKeycloak();
  }, START_MS);
  afterAll(async () => {
    await keycloak?.stop();
    rmSync(folder, { recursive: true });
  });

  /**
   * Runs `baton` commands on the relying party. Returns the result of the last command.
   * @param commands return the arguments of `baton` for the URL of the relying party
   */
  async function judged(defect: string, ...commands: ((url: string) => readonly string[])[]) {
    const deployment = {
      host: 'relying-party',
      env: { RELYING_PARTY_DEFECT: defect },
      beside: async () => ({ env: keycloak.env, stop: async () => {} }),
    } as const;
    const entry = { kind: 'control', name: 'keycloak', sound: 'See the test.', deployment } as const;
    const { stack, stop } = await deploy(entry);
    try {
      const done: Finished[] = [];
      for (const command of commands) done.push(await baton([...command(stack.url), '--out', folder], env));
      const { code, stdout, stderr } = done.at(-1) as Finished;
      if (stdout === '') throw new Error(done.map(one => one.stderr).join('\n'));
      const secrets = [...(await issuedBy(stack)), PASSWORD, keycloak.env['OIDC_SECRET'] ?? ''];
      const texts = globSync('**/*.*', { cwd: folder }).map(name => readFileSync(join(folder, name), 'utf8'));
      const written = [...texts, ...done.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n');
      expect(secrets.length).toBeGreaterThan(10);
      expect(secrets.filter(secret => written.includes(secret))).toEqual([]);
      const { guarantees } = JSON.parse(stdout) as {
        guarantees: { guarantee: string; claimed: boolean; judgement: string }[];
      };
      const violated = guarantees.filter(one => one.claimed && one.judgement === 'violated');
      return { code, violated: violated.map(({ guarantee }) => guarantee), stderr };
    } finally {
      await stop();
    }
  }
  // Uses only four sessions, because four processes and the load share the cores of one machine.
  const verify =
    (...options: string[]) =>
    (url: string) => ['verify', file, '--url', url, '--json', '--sessions', '4', ...options];

  it('healthy: init writes the file, and verify exits with 0', { timeout: 2 * VERIFY_MS }, async ({
    skip,
  }) => {
    skip(missing !== undefined, missing);
    const accounts = ['--user', 'alice', '--user', 'bob', '--password-env', 'HOST_PASSWORD'];
    const init = (url: string) => ['init', url, ...accounts, '--probe', '--file', file];
    const { code, violated, stderr } = await judged('', init, verify('--duration', '20s'));
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      origins: [new URL(keycloak.env['OIDC_ISSUER'] ?? '').origin],
      login: { page: '/login', form: { username: '{user}', password: '{password}' } },
      logout: { provider: true },
    });
    expect([code, violated], stderr).toEqual([0, []]);
  });

  it.for([
    ['keeps the state of a login in the memory of one instance', 'state-in-memory', 'hop', 'continuity'],
    ['ends only its own session at the logout', 'logout-at-app-only', 'logout-race', 'logout-final'],
  ] as const)(
    'broken: the app %s',
    { timeout: VERIFY_MS },
    async ([, defect, workload, guarantee], { skip }) => {
      skip(missing !== undefined, missing);
      const run = verify('--duration', '2s', '--workload', workload);
      const { code, violated, stderr } = await judged(defect, run);
      expect([code, violated], stderr).toEqual([1, [guarantee]]);
    },
  );
});
