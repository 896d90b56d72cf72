/**
 * `node scripts/host-apps.ts [DEPLOYMENT …]` prints the rows of the table in docs/init.md. Runs `init` and `verify`
 * for each app of tests/hosts and of the zoo. If `init` cannot learn the login of an app, `verify` uses the target
 * file of the zoo.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { PASSWORD as HOST_PASSWORD, HOSTS, type Host, startHost } from '../tests/hosts/host.ts';
import { deploy } from '../zoo/deploy.ts';
import { ENTRIES } from '../zoo/index.ts';

/** Password of the test accounts of all apps in the zoo (the sample deployments). */
const ZOO_PASSWORD = 'correct-horse-battery';
const CLI = join(import.meta.dirname, '../verify/cli.ts');

interface HostApp {
  app: string;
  /** The app's deployments in the zoo. The healthy one comes first. */
  entries: readonly string[];
  /** User names of the app's accounts; `MAILS` by default. */
  users?: readonly string[];
  /** True if `verify` uses the target file that `init` has written. By default, it uses the zoo's target file. */
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

/** One row of the table in docs/init.md. */
interface Deployment {
  app: string;
  name: string;
  users: readonly string[];
  password: string;
  /** Options of `init`; absent if `init` cannot learn the app's login. */
  init?: readonly string[];
  /** Starts the deployment. `target` is its target file, if it belongs to the zoo. */
  start(): Promise<{ url: string; target?: string; stop(): Promise<void> }>;
}

const inZoo = ({ app, entries, users = MAILS, init }: HostApp): Deployment[] =>
  entries.map(name => ({
    app,
    name,
    users,
    password: ZOO_PASSWORD,
    ...(init && { init: [] }),
    async start() {
      const entry = ENTRIES.find(one => one.name === name);
      if (entry === undefined) throw new Error(`the zoo has no ${name}`);
      const { stack, target, stop } = await deploy(entry);
      return { url: stack.url, target, stop };
    },
  }));

const inTests = (host: Host): Deployment[] =>
  [0, 1, 2].map(defect => ({
    app: host.name,
    name: defect === 0 ? `${host.name}-done-right` : `${host.name}-defect-${defect}`,
    users: host.users,
    password: HOST_PASSWORD,
    init: host.init ?? [],
    start: () => startHost(host, defect),
  }));

/** Returns output and exit code of the command. */
function baton(args: readonly string[], password: string): Promise<{ stdout: string; code: number | null }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, HOST_PASSWORD: password },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', part => parts.push(part));
  return new Promise(resolve =>
    child.once('close', code => resolve({ stdout: Buffer.concat(parts).toString(), code })),
  );
}

interface Verdict {
  guarantee: string;
  claimed: boolean;
  judgement: string;
}

async function row({ app, name, users, password, init, start }: Deployment): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-hosts-'));
  const file = join(folder, 'target.yaml');
  const { url, target = '{}', stop } = await start();
  try {
    const begun = performance.now();
    const accounts = [...users.flatMap(user => ['--user', user]), '--password-env', 'HOST_PASSWORD'];
    const written = ['--probe', '--quiet', '--file', file, '--out', folder];
    if (init) await baton(['init', url, ...accounts, ...init, ...written], password);
    // Claims the group `standard`, as `init` does, in place of the single guarantees of the zoo's target file.
    else writeFileSync(file, stringify({ ...JSON.parse(target), claims: ['standard'] }));
    const after = performance.now();
    const { stdout, code } = await baton(['verify', file, '--json', '--out', folder], password);
    const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(0)} s`;
    const { guarantees } = JSON.parse(stdout) as { guarantees: Verdict[] };
    const violated = guarantees.filter(one => one.claimed && one.judgement === 'violated');
    const names = violated.map(({ guarantee }) => `\`${guarantee}\``).join(', ');
    const by = init ? seconds(begun, after) : 'zoo file';
    const secret = readFileSync(file, 'utf8').includes(password) && init ? ' PASSWORD WRITTEN' : '';
    return `| ${app} | \`${name}\` | ${code} | ${names} | ${by} | ${seconds(after, performance.now())} |${secret}`;
  } finally {
    await stop();
    rmSync(folder, { recursive: true });
  }
}

const { positionals } = parseArgs({ allowPositionals: true });
for (const deployment of [...HOSTS.flatMap(inTests), ...APPS.flatMap(inZoo)])
  if (positionals.length === 0 || positionals.includes(deployment.name)) console.log(await row(deployment));
