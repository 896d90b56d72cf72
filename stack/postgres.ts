/** A PostgreSQL server as a child process, with a database cluster of its own. */
import { chownSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports.ts';
import { ServerProcess, type User } from './process.ts';
import { findProgram, findUser } from './programs.ts';
import type { Service } from './stack.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

export interface PostgresOptions {
  /** Added to its settings, so that they win: `['max_connections=5']` … */
  settings?: readonly string[];
  /** By default one that is free. */
  port?: number;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath?: (description: string) => void;
}

/** Listens on 127.0.0.1, and believes everybody there. `restart`, also after `kill`, keeps address and data. */
export interface PostgresServer extends Service {
  /** `postgres://baton@127.0.0.1:PORT/postgres` */
  readonly url: string;
  /** Of the process; undefined when it does not run. */
  readonly pid: number | undefined;
  /** Stops it for good, quickly, and removes its data. */
  dispose(): Promise<void>;
}

const USER = 'baton';

/**
 * Arguments: folder, postgres, its settings. Makes the cluster first where there is none: as the same process, so
 * that whoever ends one ends the other, and under another name until it is whole.
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
 * Makes a cluster in a temporary folder, starts its server and waits until it answers a query.
 * Throws MissingProgramError if it is not installed, and an error with its output if it does not start.
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

/** For the stack, which has to know it before it starts. The constructor throws MissingProgramError. */
export class PostgresProcess extends ServerProcess implements PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #owner: User | undefined;

  constructor(options: PostgresOptions & { port: number }) {
    const { port } = options;
    // Where it is really, for initdb is beside it.
    const program = realpathSync(findProgram('postgres'));
    // In a folder of its own, for it runs as a user who cannot look into the stack's.
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
      // "Fast": SIGTERM would wait until every client has gone.
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

/** PostgreSQL refuses to run as root: then it runs as the user that its package made, or as nobody. */
function ownerOfData(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return findUser('postgres') ?? findUser('nobody');
}

function settings(port: number, more: readonly string[]): string[] {
  const all = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // The system has what was acknowledged, also after SIGKILL; only a power cut would lose it.
    'fsync=off',
    'max_connections=200',
    ...more,
  ];
  return all.flatMap(setting => ['-c', setting]);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
  client.on('error', () => {}); // Ended while we asked: told by the query.
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
