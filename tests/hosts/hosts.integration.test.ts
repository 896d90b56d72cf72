/**
 * Tests `baton init` with apps in other languages: healthy, and with each of two defects. Apps that cannot run on
 * this machine are skipped.
 */
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it as test } from 'vitest';
import { parse, stringify } from 'yaml';
import { init } from '../../verify/init/init.ts';
import { baton } from '../../verify/testing/baton.ts';
import { executablePath } from '../browser.ts';
import { LONG } from '../long.ts';
import { HOSTS, type Host, PASSWORD, startHost } from './host.ts';

interface Verdict {
  guarantee: string;
  judgement: string;
  claimed: boolean;
  finding: string;
}

/** Key: guarantee; value: the workload that finds its violation. */
const SHOWN_BY: Record<string, string> = {
  continuity: 'hop',
  isolation: 'hop',
  rotation: 'fixation',
  'logout-final': 'logout-race',
  'cookie-policy': 'audit',
};

/** Guarantees on which the short run must reach a verdict. */
const JUDGED = ['continuity', 'isolation', 'rotation', 'logout-final', 'cookie-policy'];

/** Returns why the app cannot run on this machine; undefined if it can. */
function lacking(host: Host): string | undefined {
  try {
    host.command(1);
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

async function verdicts(
  host: Host,
  defect: number,
  options: readonly string[] = [],
): Promise<{
  file: string;
  preset: string | undefined;
  claimed: Verdict[];
  init: string;
  /** `all`: the secrets of the app. `written`: the secrets in Baton's files or output, which must be none. */
  secrets: { all: string[]; written: string[] };
}> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-init-'));
  const running = await startHost(host, defect);
  try {
    const [file, out] = [join(folder, 'target.yaml'), join(folder, 'runs')];
    const [user, other] = host.users;
    const accounts = [
      '--user',
      user,
      '--user',
      other,
      '--password-env',
      'HOST_PASSWORD',
      ...(host.init ?? []),
      ...options,
    ];
    const env = { HOST_PASSWORD: PASSWORD };
    const init = await baton(
      ['init', running.url, ...accounts, '--probe', '--file', file, '--out', out],
      env,
    );
    const breaks = host.breaks[defect - 1];
    const workloads = breaks
      ? (SHOWN_BY[breaks] as string)
      : 'hop,logout-race,interleave,fixation,audit,cold-burst';
    const args = ['verify', file, '--json', '--duration', '2s', '--workload', workloads, '--out', out];
    const verified = await baton(args, env);
    if (verified.stdout === '') throw new Error(`${init.stderr}\n${verified.stderr}`);
    const result = JSON.parse(verified.stdout) as { guarantees: Verdict[] };
    const claimed = result.guarantees.filter(verdict => verdict.claimed);
    const preset = breaks || host.recipe === undefined ? undefined : await byRecipe(host, running.url);
    const texts = globSync('**/*.*', { cwd: folder }).map(name => readFileSync(join(folder, name), 'utf8'));
    const written = [...texts, init.stdout, init.stderr, verified.stdout, verified.stderr].join('\n');
    const all = running.secrets();
    const secrets = { all, written: all.filter(secret => written.includes(secret)) };
    return { file: readFileSync(file, 'utf8'), preset, claimed, init: init.stderr, secrets };
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true });
  }
}

const byRecipe = ({ users, recipe }: Host, url: string): Promise<string> =>
  init({
    reached: { url, headers: {} },
    accounts: users.map(user => ({ user, password: PASSWORD, passwordEnv: 'HOST_PASSWORD' })),
    recipe,
    pause: 0,
    signal: new AbortController().signal,
    say: () => {},
    mayWrite: async () => false,
  });

/** Keeps only the parts of a target file that a recipe of `baton init` can set. */
const named = (text: string) => {
  const { login, csrf, signedIn, signedOut, logout, claims } = parse(text);
  return { login, csrf, signedIn, signedOut, logout, claims };
};

const violated = (claimed: readonly Verdict[]): string[] =>
  claimed.filter(({ judgement }) => judgement === 'violated').map(({ guarantee }) => guarantee);

/** `npm run test:long` tests all apps with all defects, which takes minutes. */
const QUICK = ['django', 'php'];

describe.each(HOSTS.filter(({ name }) => LONG || QUICK.includes(name)))('$name', host => {
  const lacks = lacking(host);
  const it = test.skipIf(lacks !== undefined);
  const because = lacks === undefined ? '' : ` (skipped: ${lacks})`;

  it(`healthy: not accused, and judged${because}`, async ({ expect }) => {
    const { file, preset, claimed, init, secrets } = await verdicts(host, 0);
    expect(init, init).toContain('written');
    expect(file).toContain(`- ${host.claims}\n`);
    expect(secrets.all.length).toBeGreaterThan(10);
    expect(secrets.written).toEqual([]);
    if (preset !== undefined) {
      expect(named(preset)).toEqual(named(file));
      expect(preset).toContain(`# init first tried what --as ${host.recipe} says.\n`);
    }
    // In some runs, a race in a library of the app breaks the guarantee `keepsNot`.
    expect(violated(claimed).filter(name => name !== host.keepsNot)).toEqual([]);
    const judged = claimed.filter(({ judgement }) => judgement === 'valid').map(({ guarantee }) => guarantee);
    // Without a probe, Baton has no values that only one user may see, so it cannot judge isolation.
    const needs = file.includes('\nprobes:') ? JUDGED : JUDGED.filter(name => name !== 'isolation');
    const must = needs.filter(
      name => name !== host.keepsNot && claimed.some(({ guarantee }) => guarantee === name),
    );
    expect(judged).toEqual(expect.arrayContaining(must));
  });

  const defects = host.breaks.slice(0, LONG ? 2 : host.name === QUICK[0] ? 1 : 0);
  for (const [index, breaks] of defects.entries())
    it(`broken: ${breaks} is violated${because}`, async ({ expect }) => {
      const { claimed, init, secrets } = await verdicts(host, index + 1);
      expect(violated(claimed), init).toContain(breaks);
      expect(secrets.written).toEqual([]);
    });
});

describe('init --browser', () => {
  const host = HOSTS.find(({ name }) => name === 'react') as Host;
  const because = executablePath === undefined ? ' (skipped: no Chromium)' : '';

  test.skipIf(!LONG || executablePath === undefined)(
    `learns the React app from its traffic, and writes no secret${because}`,
    async ({ expect }) => {
      const { file, claimed, init, secrets } = await verdicts(host, 0, ['--browser']);
      expect(init, init).toContain('written');
      expect(parse(file).login).toMatchObject({ path: '/api/login', json: { email: '{user}' } });
      expect(violated(claimed)).toEqual([]);
      const judged = claimed.filter(({ judgement }) => judgement === 'valid');
      expect(judged.map(({ guarantee }) => guarantee)).toEqual(expect.arrayContaining(JUDGED));
      expect(secrets.written).toEqual([]);
    },
  );
});

describe('an app whose responses do not name the instance', () => {
  const host = HOSTS.find(({ name }) => name === 'go') as Host;
  const lacks = lacking(host);

  test.skipIf(lacks !== undefined)(
    'is judged by the log of its balancer, after the run',
    async ({ expect }) => {
      const folder = mkdtempSync(join(tmpdir(), 'baton-init-'));
      const running = await startHost(host, 0);
      try {
        const [file, out] = [join(folder, 'target.yaml'), join(folder, 'runs')];
        writeFileSync(file, stringify(unnamedTarget(running.url)));
        const verified = await baton([
          'verify',
          file,
          '--json',
          '--duration',
          '1s',
          '--workload',
          'hop',
          '--out',
          out,
        ]);
        const continuity = (text: string): Verdict & { rests: Record<string, number> } =>
          JSON.parse(text).guarantees.find(({ guarantee }: Verdict) => guarantee === 'continuity');
        expect(continuity(verified.stdout).judgement).toBe('unknown');
        const run = join(out, readdirSync(out)[0] as string);
        const checked = await baton(['check', run, '--logs', running.accessLog, '--json']);
        const { judgement, rests } = continuity(checked.stdout);
        expect([judgement, (rests['handoffs'] ?? 0) > 20], checked.stderr).toEqual(['valid', true]);
        const wrong = await baton(['check', run, '--logs', file]);
        expect(wrong.stderr).toContain(
          "expected lines with the X-Request-Id of Baton's requests, found none",
        );
      } finally {
        await running.stop();
        rmSync(folder, { recursive: true });
      }
    },
  );
});

/** The responses of the app do not name the instance. */
const unnamedTarget = (url: string) => ({
  version: 1,
  url,
  accounts: ['alice', 'bob'].map(user => ({ user, password: PASSWORD })),
  login: { page: '/login', path: '/session', form: { account: '{user}', secret: '{password}' } },
  signedIn: { page: '/', user: 'title="([^"]+)' },
  signedOut: { status: [403] },
  claims: ['continuity', 'isolation'],
});
