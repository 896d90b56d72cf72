/** Runs one instance of the app as a child process. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './process.ts';
import type { Instance, InstanceOptions } from './stack.ts';

export interface LocalInstanceOptions extends InstanceOptions {
  name: string;
  /** The options that only this instance has. A caller can start a similar instance with them. */
  own: InstanceOptions;
  /** Port to listen on, on 127.0.0.1. */
  port: number;
  /** File for the output of the instance, including the request log. */
  log: string;
  /** Environment variables with the addresses of the servers behind the instance: REDIS_URL … */
  backing: Record<string, string>;
  /** SESSION_SECRET. Must be the same for all instances of a stack, so that they accept each other's cookies. */
  secret: string;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

const APP = fileURLToPath(new URL('../app/server.ts', import.meta.url));

/** Milliseconds for which a stopping instance accepts requests: longer than nginx keeps idle connections. */
const DRAIN_MS = '3000';
/** Time to stop, milliseconds: more than DRAIN_MS and the app's SHUTDOWN_MS together. */
const STOP_MS = 15_000;

export class LocalInstance extends ServerProcess implements Instance {
  readonly url: string;
  readonly options: InstanceOptions;

  constructor(options: LocalInstanceOptions) {
    const url = `http://127.0.0.1:${options.port}`;
    super({
      name: options.name,
      command: options.command ?? [process.execPath, APP],
      env: environment(options),
      log: options.log,
      ready: () => isReady(url, options.command === undefined),
      stopMs: STOP_MS,
      ...(options.onDeath && { onDeath: options.onDeath }),
    });
    this.url = url;
    this.options = options.own;
  }
}

/** Returns the environment. Later values override earlier ones: defaults, the user's, the stack's, this instance's. */
function environment(options: LocalInstanceOptions): NodeJS.ProcessEnv {
  return {
    DRAIN_MS,
    FIXTURE_USERS: '500',
    // The default folder of Node's compile cache. The cache halves the start time of an instance.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    SESSION_SECRET: options.secret,
    // Sets a low cost of password hashes and no login limits, because load tests log in often, and from one address.
    TRIAL: 'true',
    TRUST_PROXY: 'loopback',
    ...process.env,
    INSTANCE_ID: options.name,
    ...options.backing,
    ...options.env,
    HOST: '127.0.0.1',
    PORT: String(options.port),
  };
}

/**
 * Returns true if the instance is ready; throws an error with its response if not.
 *
 * @param ours true for the card store. Another app may lack /readyz, so any status below 500 counts as ready.
 */
export async function isReady(url: string, ours: boolean): Promise<boolean> {
  const { status } = await fetch(`${url}/readyz`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(2_000),
  });
  if (status === 200 || (!ours && status < 500)) return true;
  throw new Error(`expected 200 from GET ${url}/readyz, got ${status}`);
}
