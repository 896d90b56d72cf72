/** One instance of the app as a child process. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './process.ts';
import type { Instance, InstanceOptions } from './stack.ts';

export interface LocalInstanceOptions extends InstanceOptions {
  name: string;
  /** What it is started with beyond what all are: told to whoever wants another one like it. */
  own: InstanceOptions;
  /** Listens there, on 127.0.0.1. */
  port: number;
  /** Takes its output, the request log included. */
  log: string;
  /** Where the servers behind it are: REDIS_URL … */
  backing: Record<string, string>;
  /** The same for all instances of a stack, or they would not accept each other's cookies. */
  secret: string;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath?: (description: string) => void;
}

const APP = fileURLToPath(new URL('../app/server.ts', import.meta.url));

/** Longer than nginx keeps an idle connection (keepalive_timeout in the template). */
const DRAIN_MS = '3000';
/** DRAIN_MS and the app's own bound for requests in flight (SHUTDOWN_MS), and some. */
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

/** Later ones win: our defaults, what the user set, what the stack decides, what this instance is to differ in. */
function environment(options: LocalInstanceOptions): NodeJS.ProcessEnv {
  return {
    DRAIN_MS,
    FIXTURE_USERS: '500',
    // Where Node keeps it by itself too: an instance begins in half the time.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    SESSION_SECRET: options.secret,
    // Cheap password hashes and no limit on logins: loads log in often, and from one address.
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
 * Whether the instance takes requests; throws what it answered if not.
 * Another program than ours may know no /readyz: that it answers is all that can be asked of it.
 */
export async function isReady(url: string, ours: boolean): Promise<boolean> {
  const { status } = await fetch(`${url}/readyz`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(2_000),
  });
  if (status === 200 || (!ours && status < 500)) return true;
  throw new Error(`GET ${url}/readyz was answered ${status}`);
}
