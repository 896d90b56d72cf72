/**
 * Runs the examples of the docs about logins on healthy apps of the zoo, and searches all written files for the secrets
 * that the apps issued. Runs Baton on the broken relying parties.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Stack } from '../stack/stack.ts';
import { LONG } from '../tests/long.ts';
import { verify } from '../verify/run.ts';
import { parseTarget } from '../verify/target/load.ts';
import { deploy } from './deploy.ts';
import { DEFECTS, ENTRIES } from './index.ts';
import { ISSUED } from './issued.ts';
import { passed, trial, verdictOn } from './run.ts';

const PASSWORD = 'correct-horse-battery';

interface Page {
  /** The page of docs/ with the example. */
  page: string;
  /** The healthy entry of the zoo that the example describes. */
  entry: string;
  /** The path of the login, which histories must have. */
  login: string;
  /** A pattern of texts that must not be written, in addition to the issued secrets. */
  never?: RegExp;
}

const PAGES: readonly Page[] = [
  {
    page: 'login-oidc',
    entry: 'oidc-done-right',
    login: '/callback',
    never: /[?&](code|state|nonce)=|\/interaction\/\w/,
  },
  { page: 'login-mcp', entry: 'mcp-done-right', login: '/mcp' },
  { page: 'login-mail', entry: 'mail-links-done-right', login: '/app/login/{token}' },
  { page: 'login-passkey', entry: 'passkeys-done-right', login: '/app/passkey/login' },
];

it.each(PAGES)('$entry: the example of the docs judges it as healthy, and writes no secret', async one => {
  const entry = ENTRIES.find(({ name }) => name === one.entry);
  if (entry === undefined) throw new Error(`the zoo has no ${one.entry}`);
  const page = readFileSync(new URL(`../docs/${one.page}.md`, import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const deployed = await deploy(entry);
  const out = mkdtempSync(join(tmpdir(), 'baton-login-'));
  try {
    const { origins = [], mail = {} } = parse(deployed.target);
    const beside = { OIDC_ISSUER: `${origins[0]}`, MAILPIT_URL: `${mail.url}`.replace(/\/view.*/, '') };
    const environment = { ...beside, ALICE_PASSWORD: PASSWORD, BOB_PASSWORD: PASSWORD };
    const text = stringify({ ...parse(example), url: deployed.stack.url });
    const target = parseTarget(text, `${one.page}.md`, environment);
    const run = { duration: 1000, sessions: 4, seed: 1, workloads: ['hop', 'logout-race'], out };
    const { result, folder } = await verify(target, run);
    const judged = (judgement: string): string[] =>
      result.guarantees.filter(v => v.claimed && v.judgement === judgement).map(v => v.guarantee);
    expect(judged('violated')).toEqual([]);
    expect(judged('valid')).toEqual(expect.arrayContaining(['continuity', 'isolation', 'logout-final']));
    const written = globSync('**/*.*', { cwd: folder })
      .map(file => readFileSync(join(folder, file), 'utf8'))
      .join();
    expect(written).toContain(`"path":"${one.login}"`);
    if (one.never !== undefined) expect(written).not.toMatch(one.never);
    const secrets = await issuedBy(deployed.stack);
    expect(secrets.length).toBeGreaterThan(4);
    expect([...secrets, PASSWORD].filter(secret => written.includes(secret))).toEqual([]);
  } finally {
    await deployed.stop();
    rmSync(out, { recursive: true });
  }
});

/** Returns the secrets that the instances of a stack have issued. */
async function issuedBy({ store }: Stack): Promise<string[]> {
  const redis = new Redis(store.url ?? '');
  try {
    return await redis.smembers(ISSUED);
  } finally {
    redis.disconnect();
  }
}

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
