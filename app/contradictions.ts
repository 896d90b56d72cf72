/** Finds settings of the app that exclude each other, or need each other. */
import type { z } from 'zod';
import type { ScryptParameters } from './password.ts';
import { DEVELOPMENT_SECRET, type VARIABLES } from './variables.ts';

export type ParsedVariables = z.output<typeof VARIABLES>;
export type Variables = Record<string, string | undefined>;

/** Returns an error for each contradiction between settings. */
export const contradictions = (values: ParsedVariables, env: Variables): string[] => [
  ...aboutStrength(values, env),
  ...aboutStores(values),
  ...aboutRedis(values),
  ...aboutPublicUrl(values),
];

function aboutStrength(v: ParsedVariables, env: Variables): string[] {
  if (v.TRIAL) return [];
  const problems: string[] = [];
  const exposed = env['NODE_ENV'] === 'production' ? 'NODE_ENV is production' : exposure(v.HOST);
  if (exposed !== undefined && v.SESSION_SECRET.includes(DEVELOPMENT_SECRET))
    problems.push(
      `SESSION_SECRET: expected secrets of your own, as ${exposed}, got ` +
        'the development secret, which is published. For a trial set TRIAL=true',
    );
  if (!isStrong({ cost: v.SCRYPT_COST, parallel: v.SCRYPT_PARALLEL })) {
    const strong = STRONG.map(({ cost, parallel }) => `${cost} and ${parallel}`).join(', ');
    problems.push(
      `SCRYPT_COST and SCRYPT_PARALLEL: expected at least one of ${strong}, ` +
        `got ${v.SCRYPT_COST} and ${v.SCRYPT_PARALLEL}. For a trial set TRIAL=true`,
    );
  }
  return problems;
}

function aboutStores(v: ParsedVariables): string[] {
  const names = ['SESSION_STORE', 'BASKET_STORE'] as const;
  return names
    .filter(name => v.DATABASE_URL === '' && v[name] === 'postgres')
    .map(
      name =>
        `DATABASE_URL: expected a URL such as postgres://127.0.0.1:5432/baton, as ${name} is postgres, got nothing`,
    );
}

function aboutRedis(v: ParsedVariables): string[] {
  const problems: string[] = [];
  if (v.REDIS_CLUSTER.length > 0 && v.REDIS_SENTINELS.length > 0)
    problems.push(
      'REDIS_SENTINELS: expected nothing, as REDIS_CLUSTER is set, got sentinels. Set one of the two',
    );
  if (v.REDIS_IAM_CACHE !== '' && !/^rediss:\/\/[^:@/]+@/.test(v.REDIS_URL))
    problems.push(
      'REDIS_URL: expected rediss: with a user and no password, such as rediss://app@HOST:6379, as REDIS_IAM_CACHE is ' +
        'set, got (not shown)',
    );
  if (v.REDIS_IAM_CACHE !== '' && v.SESSION_EXPIRY_EVENTS)
    problems.push(
      'SESSION_EXPIRY_EVENTS: expected false, as REDIS_IAM_CACHE is set, got true. The connection of these events ' +
        'does not log in with new tokens',
    );
  if (v.REDIS_CLUSTER.length > 0 && v.SESSION_EXPIRY_EVENTS)
    problems.push(
      'SESSION_EXPIRY_EVENTS: expected false, as REDIS_CLUSTER is set, got true. Each server of a cluster reports ' +
        'only the keys that it holds itself',
    );
  return problems;
}

const NEED_PUBLIC_URL = [
  ['SMTP_URL', 'Links in mails begin with it'],
  ['S3_BUCKET', 'The store redirects browsers to it after an upload'],
] as const;

const aboutPublicUrl = (v: ParsedVariables): string[] =>
  NEED_PUBLIC_URL.filter(([name]) => v[name] !== '' && v.PUBLIC_URL === '').map(
    ([name, use]) =>
      `PUBLIC_URL: expected the address of the app for its users, as ${name} is set, got nothing. ${use}`,
  );

/** Returns why other machines can reach the app at this address; undefined if they cannot. */
function exposure(host: string): string | undefined {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return undefined;
  return `HOST is ${host} and not a loopback address`;
}

/**
 * The pairs of scrypt's N and p that OWASP recommends, with r = 8. An attacker needs about equal effort for each pair.
 */
const STRONG: readonly ScryptParameters[] = [
  { cost: 131_072, parallel: 1 },
  { cost: 65_536, parallel: 2 },
  { cost: 32_768, parallel: 3 },
  { cost: 16_384, parallel: 5 },
  { cost: 8192, parallel: 10 },
];

function isStrong({ cost, parallel }: ScryptParameters): boolean {
  return STRONG.some(least => cost >= least.cost && parallel >= least.parallel);
}
