/**
 * Runs the servers behind the instances: Redis or Valkey, PostgreSQL, memcached and dynalite. `SERVERS` has
 * an entry for each kind of server.
 */
import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { ServerProcess, type ServerSpec } from './process.ts';
import { findProgram, findUser, requirePrograms } from './programs.ts';
import { Access } from './redis-hardened.ts';
import { answersQuery, dial, hasTable, replies } from './server-probes.ts';
import type { StoreServer } from './stack.ts';
import { temporaryPath } from './watchdog.ts';

/** A server on 127.0.0.1. `restart` keeps the address and the data on disk, even after `kill`. */
export interface BackingServer extends StoreServer {
  readonly url: string;
  readonly port: number;
  /** Process id; undefined if it does not run. */
  readonly pid: number | undefined;
  /** Environment variables that give instances the address of the server: REDIS_URL … */
  readonly addresses: Readonly<Record<string, string>>;
  start(): Promise<void>;
  /** Stops the server quickly and removes its data. It cannot be started again. */
  dispose(): Promise<void>;
}

export interface ServerOptions {
  /** Arguments that override the default ones, for example `['--maxmemory', '10mb']`. */
  args?: readonly string[];
  /** The users and the certificate that several hardened servers share; by default, a server has its own. */
  access?: Access;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

/** How to run a kind of server. */
interface Kind {
  /**
   * The programs that the kind needs, the server first. Each list names alternatives, of which one must be installed.
   */
  programs: readonly [string[], ...string[][]];
  plan(place: Place): Plan;
}

interface Place {
  program: string;
  port: number;
  /** A folder for the server, which exists once the server starts. */
  folder: string;
  access?: Access;
}

interface Plan extends Omit<ServerSpec, 'name' | 'log' | 'folder'> {
  /** Name of the server; by default the name of the kind. */
  name?: string;
  url: string;
  addresses: Record<string, string>;
  /** Subfolder with the data, which `wipe` removes. Absent: the server has no `wipe`. */
  data?: string;
}

/**
 * Matches the reply of a ready server, even if it requires a password. Does not match a server that still
 * loads its data (-LOADING).
 */
const PONG = /^(\+PONG|-NOAUTH)/;

const REDIS: Kind = {
  programs: [['redis-server', 'valkey-server']],
  plan({ program, port, folder }) {
    const url = `redis://127.0.0.1:${port}`;
    return {
      name: 'redis',
      command: [
        program,
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'],
        // The append-only file holds every acknowledged write, even after SIGKILL, so snapshots would add nothing. With
        // appendfsync's default, `everysec`, Redis may hold writes back for up to two seconds while the disk is slow.
        ...['--appendonly', 'yes', '--appendfsync', 'no', '--save', ''],
        // Starts to send data to a replica at once. By default, Redis waits for more replicas first.
        ...['--repl-diskless-sync-delay', '0'],
      ],
      ready: () => replies(dial(port), 'PING', PONG),
      url,
      addresses: { REDIS_URL: url },
      data: 'appendonlydir',
    };
  },
};

/** Redis with the restrictions of managed services: see redis-hardened.ts. */
const HARDENED: Kind = {
  programs: [...REDIS.programs, ['openssl']],
  plan(place) {
    const { folder, port, access = new Access(folder, '127.0.0.1') } = place;
    const plain = REDIS.plan(place);
    const url = access.url(port);
    return {
      ...plain,
      command: [...plain.command, ...access.args(port)],
      ready: () => replies(access.connect(port), 'PING', PONG),
      prepare: () => access.prepare(),
      ...{ url, addresses: { REDIS_URL: url, NODE_EXTRA_CA_CERTS: access.certificate } },
    };
  },
};

/** The superuser of the PostgreSQL cluster. */
const USER = 'baton';

/** A Unix user without rights, for servers that refuse to run as root. */
const UNPRIVILEGED = 'nobody';

/**
 * Creates the database cluster (PostgreSQL's data folder) if it does not exist. Then runs postgres in the
 * same process group, so that `kill` ends both. The cluster is in the folder `new` until it is complete, so
 * an interrupted creation begins again. Arguments: folder, postgres, its arguments.
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

/** PostgreSQL with a separate database cluster, which accepts all clients without a password. */
const POSTGRES: Kind = {
  programs: [['postgres']],
  plan({ program, port, folder }) {
    const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
    const settings = [
      ...[`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'],
      // The operating system has all acknowledged writes, even after SIGKILL. Only a power cut would lose them.
      'fsync=off',
    ].flatMap(setting => ['-c', setting]);
    // PostgreSQL refuses to run as root, so it runs as the user of its package, or as a user without rights.
    const runAs = process.getuid?.() === 0 ? (findUser('postgres') ?? findUser(UNPRIVILEGED)) : undefined;
    return {
      // initdb is in the folder of the real program, so a symbolic link must be resolved.
      command: ['/bin/sh', '-c', MAKE_AND_RUN, 'sh', folder, realpathSync(program), ...settings],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      ready: () => answersQuery(url),
      // PostgreSQL's fast shutdown. SIGTERM would wait until every client has disconnected.
      stopSignal: 'SIGINT',
      disposeSignal: 'SIGQUIT',
      ...(runAs && { runAs }),
      ...{ url, addresses: { DATABASE_URL: url } },
    };
  },
};

/** memcached. It keeps data in memory only, so the data is lost when the process ends. */
const MEMCACHED: Kind = {
  programs: [['memcached']],
  plan({ program, port }) {
    // If started by root, memcached requires the option -u with a user. -U 0 turns UDP off.
    const user = process.getuid?.() === 0 ? ['-u', UNPRIVILEGED] : [];
    const url = `127.0.0.1:${port}`;
    return {
      command: [program, '-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user],
      ready: () => replies(dial(port), 'version', /^VERSION /),
      ...{ url, addresses: { MEMCACHED_ADDRESS: url } },
    };
  },
};

/** dynalite, a server with the interface of DynamoDB, which keeps its data on disk. */
const DYNAMODB: Kind = {
  programs: [['dynalite']],
  plan({ program, port, folder }) {
    const url = `http://127.0.0.1:${port}`;
    const data = ['--path', join(folder, 'data'), '--createTableMs', '0'];
    return {
      command: [
        process.execPath,
        realpathSync(program),
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        ...data,
      ],
      ready: () => hasTable(url),
      ...{ url, addresses: { DYNAMODB_ENDPOINT: url, DYNAMODB_CREDENTIALS: 'local:local' } },
    };
  },
};

const SERVERS = {
  redis: REDIS,
  valkey: { ...REDIS, programs: [['valkey-server']] },
  hardened: HARDENED,
  postgres: POSTGRES,
  memcached: MEMCACHED,
  dynamodb: DYNAMODB,
} satisfies Record<string, Kind>;

export type ServerKind = keyof typeof SERVERS;

/** Checks that the programs of these servers and those in `others` are installed. Throws one MissingProgramError. */
export function requireServers(kinds: readonly ServerKind[], ...others: string[][]): void {
  requirePrograms(...kinds.flatMap(kind => [...SERVERS[kind].programs]), ...others);
}

/** Starts a server, and waits until it replies. Throws MissingProgramError, or an error with its output. */
export async function startServer(kind: ServerKind, options: ServerOptions = {}): Promise<BackingServer> {
  const server = await planServer(kind, options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

/** Starts redis-server; valkey-server if Redis is not installed. */
export const startRedis = (options?: ServerOptions): Promise<BackingServer> => startServer('redis', options);

/** Prepares a server and chooses its port, but does not start it. Throws MissingProgramError. */
export async function planServer(kind: ServerKind, options: ServerOptions): Promise<BackingServer> {
  return new BackingProcess(kind, await freePort(), options);
}

class BackingProcess extends ServerProcess implements BackingServer {
  readonly url: string;
  readonly port: number;
  readonly addresses: Readonly<Record<string, string>>;
  readonly wipe?: () => void;

  constructor(kind: ServerKind, port: number, { args = [], access, onDeath }: ServerOptions) {
    const { programs, plan } = SERVERS[kind];
    const [program] = programs.map(names => findProgram(...names));
    // The server may run as a user that cannot enter the stack's folder, so its folder is elsewhere.
    const folder = temporaryPath(`baton-${kind}-`);
    const place = { program: program ?? '', port, folder, ...(access && { access }) };
    const { url, addresses, data, ...spec } = plan(place);
    const command = [...spec.command, ...args] as const;
    super({
      name: kind,
      log: join(folder, `${kind}.log`),
      ...spec,
      command,
      folder,
      ...(onDeath && { onDeath }),
    });
    this.url = url;
    this.port = port;
    this.addresses = addresses;
    if (data !== undefined) {
      this.wipe = () => {
        if (this.running()) throw new Error(`cannot remove the data of ${kind} while it runs: stop it first`);
        rmSync(join(folder, data), { recursive: true, force: true });
      };
    }
  }
}
