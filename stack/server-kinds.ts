/** Defines how to run each kind of server that instances use, such as Redis. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { probe } from './fleet/health.ts';
import type { ServerSpec } from './process.ts';
import { findUser } from './programs.ts';
import { Access } from './redis-hardened.ts';
import { answersQuery, hasTable, pongs } from './server-probes.ts';
import { guard } from './watchdog.ts';

export interface ServerEntry {
  /** Programs of the server, the main program first. Each inner list contains alternative names of one program. */
  programs: readonly [string[], ...string[][]];
  /** Number of ports in addition to the main port. */
  morePorts?: number;
  plan(place: ServerPlace): ServerPlan;
}

interface ServerPlace {
  program: string;
  port: number;
  morePorts: readonly number[];
  /** Folder for the server's files. It exists when the server starts. */
  folder: string;
  access?: Access;
}

interface ServerPlan extends Omit<ServerSpec, 'name' | 'log' | 'folder'> {
  name?: string;
  url: string;
  addresses: Record<string, string>;
  /** Subfolder that `wipe` removes. Absent if the server's data cannot be removed. */
  data?: string;
}

const REDIS: ServerEntry = {
  programs: [['redis-server', 'valkey-server']],
  plan({ program, port, folder }) {
    const url = `redis://127.0.0.1:${port}`;
    return {
      name: 'redis',
      command: [
        program,
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'],
        // The append-only file holds every acknowledged write, even after SIGKILL, so snapshots are unnecessary. With
        // appendfsync `everysec`, a slow disk could delay writes by 2 s.
        ...['--appendonly', 'yes', '--appendfsync', 'no', '--save', ''],
        // Sends data to a new replica at once. By default, Redis waits for more replicas.
        ...['--repl-diskless-sync-delay', '0'],
      ],
      ready: () => pongs(url),
      url,
      addresses: { REDIS_URL: url },
      data: 'appendonlydir',
    };
  },
};

const HARDENED: ServerEntry = {
  programs: [...REDIS.programs, ['openssl']],
  plan(place) {
    const { folder, port, access = new Access(folder, '127.0.0.1') } = place;
    const plain = REDIS.plan(place);
    const url = access.url(port);
    return {
      ...plain,
      command: [...plain.command, ...access.args(port)],
      ready: () => pongs(url, access.operator()),
      prepare: () => access.prepare(),
      url,
      addresses: { REDIS_URL: url, NODE_EXTRA_CA_CERTS: access.certificate },
    };
  },
};

const USER = 'baton';

/** Unix user without rights, for servers that refuse to run as root. */
const UNPRIVILEGED = 'nobody';

/**
 * Shell script that creates PostgreSQL's data folder if necessary, and then becomes postgres. The folder is named
 * `new` until complete, so an interrupted creation begins again.
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

const POSTGRES: ServerEntry = {
  programs: [['postgres']],
  plan({ program, port, folder }) {
    const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
    const settings = [
      ...[`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'],
      // A crash of the machine may lose writes. SIGKILL loses none, because the operating system already has them.
      'fsync=off',
    ].flatMap(setting => ['-c', setting]);
    // PostgreSQL refuses to run as root.
    const runAs = process.getuid?.() === 0 ? (findUser('postgres') ?? findUser(UNPRIVILEGED)) : undefined;
    return {
      // Resolves symbolic links, because initdb is in the folder of the real program.
      command: ['/bin/sh', '-c', MAKE_AND_RUN, 'sh', folder, realpathSync(program), ...settings],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      ready: () => answersQuery(url),
      // SIGINT is PostgreSQL's fast shutdown. After SIGTERM, PostgreSQL waits until every client has disconnected.
      stopSignal: 'SIGINT',
      disposeSignal: 'SIGQUIT',
      ...(runAs && { runAs }),
      url,
      addresses: { DATABASE_URL: url },
    };
  },
};

const MEMCACHED: ServerEntry = {
  programs: [['memcached']],
  plan({ program, port }) {
    // memcached requires a user if root starts it.
    const user = process.getuid?.() === 0 ? ['-u', UNPRIVILEGED] : [];
    const url = `127.0.0.1:${port}`;
    return {
      command: [program, '-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user],
      ready: () => probe(`http://${url}`, 'TCP', 1_000),
      url,
      addresses: { MEMCACHED_ADDRESS: url },
    };
  },
};

/** dynalite imitates DynamoDB on this machine, and keeps its data on disk. */
const DYNAMODB: ServerEntry = {
  programs: [['dynalite']],
  plan({ program, port, folder }) {
    const url = `http://127.0.0.1:${port}`;
    const address = ['--host', '127.0.0.1', '--port', String(port)];
    const data = ['--path', join(folder, 'data'), '--createTableMs', '0'];
    return {
      command: [process.execPath, realpathSync(program), ...address, ...data],
      ready: () => hasTable(url),
      url,
      addresses: { DYNAMODB_ENDPOINT: url, DYNAMODB_CREDENTIALS: 'local:local' },
    };
  },
};

/** Settings of SeaweedFS, an S3-compatible server: one bucket, and the access key for it. */
const SEAWEEDFS = fileURLToPath(new URL('../deploy/seaweedfs.json', import.meta.url));
const BUCKET = 'cards';
/** Components of SeaweedFS. Each has one port for HTTP and one for gRPC. */
const PARTS = ['s3', 'admin', 'filer', 'master', 'volume'];
const LISTENERS = PARTS.flatMap(part => [`${part}.port`, `${part}.port.grpc`]);

/** SeaweedFS with one empty bucket, which all visitors can read. */
const PICTURES: ServerEntry = {
  programs: [['weed']],
  morePorts: LISTENERS.length - 1,
  plan({ program, port, morePorts, folder }) {
    const url = `http://127.0.0.1:${port}`;
    const ports = [port, ...morePorts];
    const { accessKey, secretKey } = JSON.parse(readFileSync(SEAWEEDFS, 'utf8')).identities[0].credentials[0];
    return {
      name: 'seaweedfs',
      command: [
        program,
        ...['-logtostderr=true', 'mini', `-dir=${folder}`, `-bucket=${BUCKET}`, `-s3.config=${SEAWEEDFS}`],
        ...['-ip=127.0.0.1', '-ip.bind=127.0.0.1', ...LISTENERS.map((name, n) => `-${name}=${ports[n]}`)],
        ...['filer', 's3'].map(part => `-${part}.localSocket=${join(folder, `${part}.sock`)}`),
        // Turns off telemetry to SeaweedFS's makers, and servers for other protocols.
        ...['-master.telemetry=false', '-admin.ui=false', '-webdav=false'],
        ...['-s3.port.iceberg=0', '-s3.port.lance=0'],
      ],
      // SeaweedFS makes these sockets in /tmp, and does not remove them.
      prepare: () => {
        for (const [n, part] of PARTS.entries())
          guard('path', `/tmp/seaweedfs-${part}-grpc-${ports[2 * n + 1]}.sock`);
      },
      // Replaces the home folder, because SeaweedFS reads settings there.
      env: { HOME: folder },
      // SeaweedFS creates the bucket after it listens. Until then, a 404 says NoSuchBucket.
      ready: async () => (await (await fetch(`${url}/${BUCKET}/pictures/none`)).text()).includes('NoSuchKey'),
      url,
      addresses: { S3_ENDPOINT: url, S3_BUCKET: BUCKET, S3_CREDENTIALS: `${accessKey}:${secretKey}` },
    };
  },
};

export const SERVERS = {
  redis: REDIS,
  valkey: { ...REDIS, programs: [['valkey-server']] },
  hardened: HARDENED,
  postgres: POSTGRES,
  memcached: MEMCACHED,
  dynamodb: DYNAMODB,
  pictures: PICTURES,
} satisfies Record<string, ServerEntry>;

export type ServerKind = keyof typeof SERVERS;
