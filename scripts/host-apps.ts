/**
 * Measures the host apps: `init` on each app, healthy and broken, then `verify` on the file that it wrote. Where `init`
 * does not learn the login, `verify` runs on the target file of the zoo. Prints the rows of the table in docs/init.md:
 * node scripts/host-apps.ts [NAME …]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type Deployed, deploy } from '../zoo/deploy.ts';
import type { ZooEntry } from '../zoo/entry.ts';
import { ENTRIES } from '../zoo/index.ts';

/** The password of the accounts of all hosts in the zoo. */
const PASSWORD = 'correct-horse-battery';
const CLI = join(import.meta.dirname, '../verify/cli.ts');

interface HostApp {
  app: string;
  /** The healthy entry of the zoo, and the broken ones. */
  entries: readonly string[];
  /** The names of the accounts, if they are not `MAILS`. */
  users?: readonly string[];
  /** True if `init` writes the target file. Otherwise the target file of the zoo is used. */
  init?: true;
}

const MAILS = ['alice@example.test', 'bob@example.test'];
const APPS: readonly HostApp[] = [
  {
    app: 'OIDC relying party',
    entries: ['oidc-done-right', 'oidc-state-in-memory', 'oidc-logout-at-provider-only'],
    users: ['alice', 'bob'],
    init: true,
  },
  {
    app: 'API with refresh tokens',
    entries: ['refresh-grace-window', 'refresh-tokens-in-memory', 'logout-keeps-refresh-token'],
    init: true,
  },
  {
    app: 'GraphQL API',
    entries: ['graphql-done-right', 'graphql-session-in-memory', 'graphql-shared-loader'],
  },
  {
    app: 'passkey app',
    entries: ['passkeys-done-right', 'passkey-challenge-in-memory', 'passkey-keeps-session-id'],
  },
  {
    app: 'MCP server',
    entries: ['mcp-done-right', 'mcp-session-in-memory', 'mcp-delete-keeps-session'],
  },
  {
    app: 'mail links',
    entries: ['mail-links-done-right', 'mail-link-in-memory', 'mail-link-keeps-session-id'],
  },
];

/** Runs a command of Baton. Returns its output and its exit code. */
function baton(args: readonly string[]): Promise<{ stdout: string; code: number | null }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, HOST_PASSWORD: PASSWORD },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', part => parts.push(part));
  return new Promise(resolve =>
    child.once('close', code => resolve({ stdout: Buffer.concat(parts).toString(), code })),
  );
}

/** Writes the target file of a deployment: by `init`, or that of the zoo. */
async function written(
  { init, users = MAILS }: HostApp,
  { stack, target }: Deployed,
  file: string,
  out: string,
): Promise<void> {
  // The files of the zoo name single claims.
  if (!init) return writeFileSync(file, stringify({ ...JSON.parse(target), claims: ['standard'] }));
  const accounts = users.flatMap(user => ['--user', user]);
  await baton([
    'init',
    stack.url,
    ...accounts,
    '--password-env',
    'HOST_PASSWORD',
    '--probe',
    '--quiet',
    '--file',
    file,
    '--out',
    out,
  ]);
}

interface Verdict {
  guarantee: string;
  claimed: boolean;
  judgement: string;
}

/** Returns a row of the table for one deployment. */
async function row(app: HostApp, entry: ZooEntry): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-hosts-'));
  const file = join(folder, 'target.yaml');
  const deployed = await deploy(entry);
  try {
    const begun = performance.now();
    await written(app, deployed, file, folder);
    const after = performance.now();
    const { stdout, code } = await baton(['verify', file, '--json', '--out', folder]);
    const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(0)} s`;
    const { guarantees } = JSON.parse(stdout) as { guarantees: Verdict[] };
    const violated = guarantees.filter(one => one.claimed && one.judgement === 'violated');
    const names = violated.map(({ guarantee }) => `\`${guarantee}\``).join(', ');
    const by = app.init ? seconds(begun, after) : 'zoo file';
    const secret = readFileSync(file, 'utf8').includes(PASSWORD) && app.init ? ' PASSWORD WRITTEN' : '';
    return `| ${app.app} | \`${entry.name}\` | ${code} | ${names} | ${by} | ${seconds(after, performance.now())} |${secret}`;
  } finally {
    await deployed.stop();
    rmSync(folder, { recursive: true });
  }
}

const { positionals } = parseArgs({ allowPositionals: true });
for (const app of APPS)
  for (const name of app.entries) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const entry = ENTRIES.find(one => one.name === name);
    if (entry === undefined) throw new Error(`the zoo has no ${name}`);
    console.log(await row(app, entry));
  }
