import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Beside } from '../../stack/local.ts';
import { freePort } from '../../stack/ports.ts';
import { ServerProcess } from '../../stack/process.ts';
import type { BackingServer } from '../../stack/servers.ts';
import { temporaryPath } from '../../stack/watchdog.ts';

const PROGRAM = fileURLToPath(new URL('../hosts/relying-party/provider.server.ts', import.meta.url));

/**
 * Starts an identity provider. Instances find its address in OIDC_ISSUER. The app is at 127.0.0.1 and the provider at
 * localhost, which are two sites for a browser.
 * @param relyingParty address of the app
 */
export async function identityProvider(_store: BackingServer, relyingParty: string): Promise<Beside> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = {
    OIDC_ISSUER: url,
    OIDC_CLIENT: 'notes',
    OIDC_SECRET: randomBytes(24).toString('hex'),
    // Password of the accounts in hosts/relying-party/target.yaml.
    PASSWORD: 'correct-horse-battery',
  };
  const folder = temporaryPath('baton-provider-');
  const server = new ServerProcess({
    name: 'provider',
    command: [process.execPath, PROGRAM],
    env: { ...process.env, ...env, PORT: `${port}`, RELYING_PARTY: relyingParty },
    folder,
    log: join(folder, 'provider.log'),
    readyMs: 30_000,
    ready: async () => {
      const response = await fetch(`${url}/.well-known/openid-configuration`).catch(() => undefined);
      return response?.ok === true;
    },
  });
  const stop = () => server.dispose();
  try {
    await server.start();
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
