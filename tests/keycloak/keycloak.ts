/** Runs Keycloak, an identity provider, as two nodes behind nginx that share a database. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Beside } from '../../stack/local.ts';
import { Nginx } from '../../stack/nginx.ts';
import { freePort } from '../../stack/ports.ts';
import { ServerProcess } from '../../stack/process.ts';
import { startServer } from '../../stack/servers.ts';
import { makeFolder, removeFolder, temporaryPath } from '../../stack/watchdog.ts';

const VERSION = '26.4.5';
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/baton-hosts');
const HOME = join(CACHE, `keycloak-${VERSION}`);
const PROGRAM = join(HOME, 'bin/kc.sh');
const run = promisify(execFile);

/** Password of the test accounts in Keycloak's realm. */
export const PASSWORD = 'correct-horse-battery';

/**
 * Downloads Keycloak with Maven, and builds it for PostgreSQL, which takes minutes. Throws the error of the command
 * that failed.
 */
export async function installKeycloak(): Promise<void> {
  const built = join(HOME, 'built');
  if (existsSync(built)) return;
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const archive = join(CACHE, `keycloak-quarkus-dist-${VERSION}.tar.gz`);
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:tar.gz`;
  await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${CACHE}`]);
  await run('tar', ['-xzf', archive, '-C', CACHE]);
  rmSync(archive);
  await run(PROGRAM, ['build', '--db=postgres']);
  mkdirSync(built);
}

/**
 * Starts two nodes of Keycloak, a database and a balancer. Instances find the balancer's address in OIDC_ISSUER.
 * Keycloak is at localhost and the app at 127.0.0.1, which are two sites for a browser.
 */
export async function startKeycloak(): Promise<Beside> {
  const dir = temporaryPath('baton-keycloak-');
  makeFolder(dir);
  const stops: (() => Promise<void>)[] = [async () => removeFolder(dir)];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const database = await startServer('postgres');
    stops.push(() => database.dispose());
    const [port, statusPort] = [await freePort(), await freePort()];
    const balancer = new Nginx({ port, statusPort, dir });
    stops.push(() => balancer.dispose());
    const url = `http://localhost:${port}`;
    const secret = randomBytes(24).toString('hex');
    const env = { OIDC_ISSUER: `${url}/realms/baton`, OIDC_CLIENT: 'notes', OIDC_SECRET: secret };
    const settings = { ...env, ...databaseOf(database.url), KC_HOSTNAME: url };
    importRealm();
    const nodes = [];
    // The first node creates the tables and the realm, so it must start alone.
    for (const name of ['keycloak-1', 'keycloak-2']) {
      const node = await keycloakNode(name, dir, settings);
      stops.push(() => node.server.dispose());
      await node.server.start();
      nodes.push({ name, url: node.url });
    }
    await balancer.registerAll(nodes);
    await balancer.start();
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Copies the realm to the folder from which Keycloak imports it. Keycloak ignores a realm that its database contains.
 */
function importRealm(): void {
  const folder = join(HOME, 'data/import');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, 'realm.json'), join(folder, 'baton-realm.json'));
}

function databaseOf(address: string): Record<string, string> {
  const { host, pathname, username } = new URL(address);
  return { KC_DB_URL: `jdbc:postgresql://${host}${pathname}`, KC_DB_USERNAME: username };
}

/** Returns a node, not yet started, and its address. */
async function keycloakNode(name: string, dir: string, settings: Record<string, string>) {
  const [port, clusterPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const discovery = `${url}/realms/baton/.well-known/openid-configuration`;
  const server = new ServerProcess({
    name,
    command: [PROGRAM, 'start', '--optimized', '--import-realm'],
    env: {
      ...process.env,
      ...settings,
      PASSWORD,
      KC_HTTP_ENABLED: 'true',
      KC_HTTP_HOST: '127.0.0.1',
      KC_HTTP_PORT: `${port}`,
      KC_CACHE_EMBEDDED_NETWORK_BIND_ADDRESS: '127.0.0.1',
      KC_CACHE_EMBEDDED_NETWORK_BIND_PORT: `${clusterPort}`,
      // Without a limit for the JIT compiler, two nodes would use all CPU cores for seconds.
      JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1',
    },
    log: join(dir, `${name}.log`),
    readyMs: 600_000,
    ready: async () => (await fetch(discovery).catch(() => undefined))?.ok === true,
  });
  return { server, url };
}
