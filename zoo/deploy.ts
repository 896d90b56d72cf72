/** Starts an entry of the zoo (a broken or healthy deployment) on the real stack. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type LocalStackOptions, startLocalStack } from '../stack/local.ts';
import type { InstanceOptions, Stack, StackOptions } from '../stack/stack.ts';
import { needsLinks, wantedFaults } from '../verify/faults/index.ts';
import type { ZooEntry } from './entry.ts';

const HOSTS = {
  'card-store': {
    target: new URL('../baton.yaml', import.meta.url),
    program: new URL('../app/server.ts', import.meta.url),
    // Makes payments slow, and password hashes cheap.
    env: { PAYMENT_MS: '300', SCRYPT_COST: '2', SESSION_STORE: '', BASKET_STORE: '' },
  },
  plain: {
    target: new URL('./hosts/plain/target.yaml', import.meta.url),
    program: new URL('./hosts/plain/server.ts', import.meta.url),
    env: { WORK_MS: '300' },
  },
  'relying-party': {
    target: new URL('./hosts/relying-party/target.yaml', import.meta.url),
    program: new URL('./hosts/relying-party/server.ts', import.meta.url),
    env: {},
  },
  tokens: {
    target: new URL('./hosts/tokens/target.yaml', import.meta.url),
    program: new URL('./hosts/tokens/server.ts', import.meta.url),
    env: {},
  },
  passwordless: {
    target: new URL('./hosts/passwordless/target.yaml', import.meta.url),
    program: new URL('./hosts/passwordless/server.ts', import.meta.url),
    env: {},
  },
  graphql: {
    target: new URL('./hosts/graphql/target.yaml', import.meta.url),
    program: new URL('./hosts/graphql/server.ts', import.meta.url),
    env: {},
  },
  mcp: {
    target: new URL('./hosts/mcp/target.yaml', import.meta.url),
    program: new URL('./hosts/mcp/server.ts', import.meta.url),
    env: {},
  },
} as const;

export interface DeployOptions extends Pick<StackOptions, 'port' | 'onStep' | 'onDeath' | 'signal'> {
  /** Number of instances; by default, the number that the entry declares. */
  instances?: number;
}

export interface Deployed {
  readonly stack: Stack;
  /** The target file of the deployment, as JSON. */
  readonly target: string;
  /** Stops all servers of the deployment. Can be called more than once. */
  stop(): Promise<void>;
}

/** Starts an entry of the zoo, by default on a free port. If a server fails to start, stops all others. */
export async function deploy(entry: ZooEntry, options: DeployOptions = {}): Promise<Deployed> {
  const { deployment } = entry;
  const { instances: count = deployment.instances ?? 2, ...passed } = options;
  let besideEnv: Readonly<Record<string, string>> = {};
  const beside: LocalStackOptions['beside'] = async (redis, url) => {
    const running = (await deployment.beside?.(redis, url)) ?? { env: {}, stop: async () => {} };
    besideEnv = running.env;
    return running;
  };
  const stack = await startLocalStack({
    port: 'any',
    ...passed,
    env: { ...HOSTS[deployment.host].env, ...deployment.env },
    instances: Array.from({ length: count }, (_, n) => instanceOptions(entry, n)),
    ...(deployment.nginx && { nginx: deployment.nginx }),
    ...(deployment.redis && { redis: deployment.redis }),
    links: entry.faults !== undefined && needsLinks(wantedFaults(entry.faults)),
    beside,
  });
  const text = JSON.stringify(targetOf(entry, stack.url));
  const target = text.replace(/\$\{(\w+)\}/g, (place, name: string) => besideEnv[name] ?? place);
  return { stack, target, stop: () => stack.stop() };
}

/**
 * Returns the target file of a deployment. Its claims include the guarantee that the defect breaks.
 * @param url address of the balancer
 */
export function targetOf(entry: ZooEntry, url: string): Record<string, unknown> {
  const host: Record<string, unknown> = parse(readFileSync(HOSTS[entry.deployment.host].target, 'utf8'));
  const target: Record<string, unknown> = { ...host, name: entry.name, url, ...entry.target };
  if (entry.kind === 'control' || !Array.isArray(target['claims'])) return target;
  const { guarantee } = entry.must;
  return { ...target, claims: [...new Set([...target['claims'], guarantee])] };
}

function instanceOptions({ deployment }: ZooEntry, n: number): InstanceOptions {
  const { host, program, each = [] } = deployment;
  const env = each[n % each.length];
  // The card store needs no command, because the stack runs it by default.
  const own = program ?? (host === 'card-store' ? undefined : HOSTS[host].program);
  return {
    ...(own && { command: [process.execPath, fileURLToPath(own)] as const }),
    ...(env && { env: { ...env } }),
  };
}
