/** Runs the docs' examples of logins on apps of the zoo, and searches all written files for secrets. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { LONG } from '../tests/long.ts';
import { verify } from '../verify/run.ts';
import { parseTarget } from '../verify/target/load.ts';
import { deploy } from './deploy.ts';
import { DEFECTS, ENTRIES } from './index.ts';
import { issuedBy } from './issued.ts';
import { passed, trial, verdictOn } from './run.ts';

const PASSWORD = 'correct-horse-battery';

interface Page {
  /** Page in docs/ with the example target file. If undefined, the test uses the zoo's target file. */
  page?: string;
  /** The healthy deployment that the example describes. */
  entry: string;
  /** Path of the login request, which must occur in the histories. */
  login: string;
  /** A pattern that no written file may match. */
  never?: RegExp;
  /** Guarantees whose verdict must be valid. */
  valid?: readonly string[];
}

/** Only `npm run test:long` tests these examples. */
const LONGER: readonly Page[] = [
  { page: 'token-refresh', entry: 'refresh-grace-window', login: '/auth/login', valid: ['continuity'] },
  { entry: 'graphql-done-right', login: '/graphql' },
];

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
  ...(LONG ? LONGER : []),
];

it.each(PAGES)('$entry: the example of the docs judges it as healthy, and writes no secret', async one => {
  const entry = ENTRIES.find(({ name }) => name === one.entry);
  if (entry === undefined) throw new Error(`the zoo has no ${one.entry}`);
  const deployed = await deploy(entry);
  const out = mkdtempSync(join(tmpdir(), 'baton-login-'));
  try {
    const { origins = [], mail = {} } = parse(deployed.target);
    const beside = { OIDC_ISSUER: `${origins[0]}`, MAILPIT_URL: `${mail.url}`.replace(/\/view.*/, '') };
    const environment = { ...beside, ALICE_PASSWORD: PASSWORD, BOB_PASSWORD: PASSWORD };
    const example = one.page === undefined ? deployed.target : exampleOf(one.page);
    const text = stringify({ ...parse(example), url: deployed.stack.url });
    const target = parseTarget(text, one.page ?? one.entry, environment);
    const run = { duration: 1000, sessions: 4, seed: 1, workloads: ['hop', 'logout-race'], out };
    const { result, folder } = await verify(target, run);
    const judged = (judgement: string): string[] =>
      result.guarantees.filter(v => v.claimed && v.judgement === judgement).map(v => v.guarantee);
    expect(judged('violated')).toEqual([]);
    const valid = one.valid ?? ['continuity', 'isolation', 'logout-final'];
    expect(judged('valid')).toEqual(expect.arrayContaining([...valid]));
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

function exampleOf(page: string): string {
  const text = readFileSync(new URL(`../docs/${page}.md`, import.meta.url), 'utf8');
  return /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
}

/** Only these deployments run by default, because each takes a minute. */
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
