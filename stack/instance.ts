import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NewInstance, OwnInstance } from './bundled-stack.ts';
import { ServerProcess } from './process.ts';
import type { OnDeath } from './stack.ts';

interface LocalInstanceOptions extends NewInstance {
  /** File for the output of the instance, including its request log. */
  log: string;
  /** Variables of all instances of the stack. */
  shared: Record<string, string>;
  onDeath: OnDeath;
}

const APP = fileURLToPath(new URL('../app/server.ts', import.meta.url));

/** Time for which a stopping instance accepts requests, milliseconds. Longer than nginx keeps idle connections. */
const DRAIN_MS = '3000';
/** Time until SIGKILL, milliseconds. Longer than the app's DRAIN_MS and SHUTDOWN_MS together. */
const STOP_MS = 15_000;

/** Returns an instance that runs as a local process, without starting it. */
export function localInstance(planned: LocalInstanceOptions): OwnInstance {
  const { name, port, own, log, onDeath } = planned;
  const url = `http://127.0.0.1:${port}`;
  const server = new ServerProcess({
    name,
    log,
    onDeath,
    env: environment(planned),
    stopMs: STOP_MS,
    command: own.command ?? [process.execPath, APP],
    ready: () => isReady(url, own.command === undefined),
  });
  return Object.assign(server, { url, options: own });
}

/** Variables of the instance override those of the stack, which override those of this process. */
function environment({ name, port, own, shared }: LocalInstanceOptions): NodeJS.ProcessEnv {
  return {
    DRAIN_MS,
    FIXTURE_USERS: '500',
    // Node's compile cache halves the start time of an instance.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    // Turns on cheap password hashes and turns off login limits, because load tests log in often from one address.
    TRIAL: 'true',
    TRUST_PROXY: 'loopback',
    ...process.env,
    INSTANCE_ID: name,
    ...shared,
    ...own.env,
    HOST: '127.0.0.1',
    PORT: String(port),
  };
}

/**
 * Returns true if the instance is ready; otherwise throws its response.
 * @param ours true for the card store; without it, any status below 500 counts as ready, because other apps may lack
 * /readyz
 */
export async function isReady(url: string, ours: boolean): Promise<boolean> {
  const { status } = await fetch(`${url}/readyz`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(2_000),
  });
  if (status === 200 || (!ours && status < 500)) return true;
  throw new Error(`expected 200 from GET ${url}/readyz, got ${status}`);
}
