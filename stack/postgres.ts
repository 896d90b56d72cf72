/** Runs a PostgreSQL server as a child process, with a separate database cluster. */
import { chownSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports.ts';
import { ServerProcess, type SystemUser } from './process.ts';
import { findProgram, findUser } from './programs.ts';
import type { Service } from './stack.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

export interface PostgresOptions {
  /** Settings that override the default ones: `['max_connections=5']` … */
  settings?: readonly string[];
  /** A free port by default. */
  port?: number;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

/**
 * A PostgreSQL server on 127.0.0.1, which accepts all clients without a password. `restart` keeps address and data,
 * even after `kill`.
 */
export interface PostgresServer extends Service {
  /** `postgres://baton@127.0.0.1:PORT/postgres` */
  readonly url: string;
  /** Process id; undefined if it does not run. */
  readonly pid: number | undefined;
  /** Stops the server quickly and removes its data. It cannot be started again. */
  dispose(): Promise<void>;
}

const USER = 'baton';

/**
 * Creates the cluster if it does not exist, then runs postgres. Both run in the same process, so that a signal always
 * ends the one that runs. The cluster has another name until it is complete. Arguments: folder, postgres, its settings.
 */
const MAKE_AND_RUN = `
set -e
folder=$1 program=$2
shift 2
if [ ! -d "$folder/data" ]; then
  rm -rf "$folder/new"
  "$(dirname "$program")/initdb" -D "$folder/new" -U ${USER} --auth=trust \
    --encoding=UTF8 --locale=C --no-sync --no-instructions
  mv "$folder/new" "$folder/data"
fi
exec "$program" -D "$folder/data" "$@"`;

/**
 * Creates a cluster in a temporary folder, starts its server and waits until the server replies to a query.
 * Throws MissingProgramError if PostgreSQL is not installed, and an error with its output if it does not start.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const postgres = new PostgresProcess({ ...options, port: options.port ?? (await freePort()) });
  try {
    await postgres.start();
  } catch (error) {
    await postgres.dispose();
    throw error;
  }
  return postgres;
}

/** Used by the stack, which needs the address before the server starts. The constructor throws MissingProgramError. */
export class PostgresProcess extends ServerProcess implements PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #owner: SystemUser | undefined;

  constructor(options: PostgresOptions & { port: number }) {
    const { port } = options;
    // Resolves symbolic links, because initdb is in the same folder as the real file.
    const program = realpathSync(findProgram('postgres'));
    // The server gets a separate folder, because it may run as a user that cannot enter the stack's folder.
    const folder = temporaryPath('baton-postgres-');
    const owner = ownerOfData();
    const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
    super({
      name: 'postgres',
      command: [
        '/bin/sh',
        '-c',
        MAKE_AND_RUN,
        'sh',
        folder,
        program,
        ...settings(port, options.settings ?? []),
      ],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      log: join(folder, 'postgres.log'),
      ready: () => answers(url),
      // PostgreSQL's fast shutdown. SIGTERM would wait until every client has disconnected.
      stopSignal: 'SIGINT',
      disposeSignal: 'SIGQUIT',
      ...(owner && { runAs: owner }),
      ...(options.onDeath && { onDeath: options.onDeath }),
    });
    this.url = url;
    this.port = port;
    this.#folder = folder;
    this.#owner = owner;
  }

  override async start(): Promise<void> {
    makeFolder(this.#folder);
    if (this.#owner) chownSync(this.#folder, this.#owner.uid, this.#owner.gid);
    await super.start();
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    removeFolder(this.#folder);
  }
}

/**
 * Returns the user to run as. PostgreSQL refuses to run as root, so this is the user of its package, or one without
 * rights.
 */
function ownerOfData(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return findUser('postgres') ?? findUser('nobody');
}

function settings(port: number, more: readonly string[]): string[] {
  const all = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // The operating system has all acknowledged writes, even after SIGKILL. Only a power cut would lose them.
    'fsync=off',
    'max_connections=200',
    ...more,
  ];
  return all.flatMap(setting => ['-c', setting]);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
  client.on('error', () => {}); // If the server ends meanwhile, the query reports this error.
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
