/** Runs SeaweedFS as the S3-compatible store of pictures, with the settings in deploy/seaweedfs.json. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Beside } from './local.ts';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import { temporaryPath } from './watchdog.ts';

const CONFIG = fileURLToPath(new URL('../deploy/seaweedfs.json', import.meta.url));
/** The bucket that CONFIG names. */
const BUCKET = 'cards';

/** The parts of SeaweedFS that listen. Each part has one port for HTTP, and one port for gRPC. */
const PARTS = ['admin', 'filer', 'master', 's3', 'volume'];

export interface PictureStore extends Beside {
  readonly process: ServerProcess;
}

/**
 * Starts the store with one empty bucket. All visitors can read its pictures; only the key in `env` can write.
 * Throws MissingProgramError if SeaweedFS is not installed, and an error with its output if it does not start.
 *
 * @param onDeath called with the exit status and the last output when the store ends unexpectedly
 */
export async function startPictureStore(onDeath?: (description: string) => void): Promise<PictureStore> {
  const program = findProgram('weed');
  const folder = temporaryPath('baton-pictures-');
  const ports = new Map<string, number>();
  for (const part of PARTS)
    for (const name of [`${part}.port`, `${part}.port.grpc`]) ports.set(name, await freePort());
  const url = `http://127.0.0.1:${ports.get('s3.port')}`;
  const process = new ServerProcess({
    name: 'seaweedfs',
    command: [program, ...argumentsOf(folder, ports)],
    // Gives SeaweedFS an empty home folder, because it would also read settings from the user's home folder.
    env: { HOME: folder },
    log: join(folder, 'seaweedfs.log'),
    folder,
    // SeaweedFS creates the bucket only after it listens. Until then, it responds with NoSuchBucket, which is also a
    // 404.
    ready: async () => (await (await fetch(`${url}/${BUCKET}/pictures/none`)).text()).includes('NoSuchKey'),
    ...(onDeath && { onDeath }),
  });
  const stop = async () => {
    await process.dispose();
    // SeaweedFS creates these sockets outside its folder, and leaves some of them behind.
    for (const part of PARTS)
      rmSync(`/tmp/seaweedfs-${part}-grpc-${ports.get(`${part}.port.grpc`)}.sock`, { force: true });
  };
  try {
    await process.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { process, env: { S3_ENDPOINT: url, S3_BUCKET: BUCKET, S3_CREDENTIALS: credentials() }, stop };
}

function argumentsOf(folder: string, ports: ReadonlyMap<string, number>): string[] {
  return [
    ...['-logtostderr=true', 'mini', `-dir=${folder}`, `-bucket=${BUCKET}`, `-s3.config=${CONFIG}`],
    ...['-ip=127.0.0.1', '-ip.bind=127.0.0.1', ...[...ports].map(([name, port]) => `-${name}=${port}`)],
    ...['filer', 's3'].map(part => `-${part}.localSocket=${join(folder, `${part}.sock`)}`),
    // These options turn off telemetry to the makers of SeaweedFS, and servers for other protocols.
    ...[
      '-master.telemetry=false',
      '-admin.ui=false',
      '-webdav=false',
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
    ],
  ];
}

function credentials(): string {
  const { identities } = JSON.parse(readFileSync(CONFIG, 'utf8'));
  const { accessKey, secretKey } = identities[0].credentials[0];
  return `${accessKey}:${secretKey}`;
}
