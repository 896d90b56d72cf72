/** Finds the Docker engine, and defines operations on it that several files need. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import Docker, { type Container } from 'dockerode';
import { text } from './engine-log.ts';
import { MissingProgramError } from './programs.ts';
import { until } from './wait.ts';

export interface Engine {
  readonly docker: Docker;
  /** The address, in the format of DOCKER_HOST. */
  readonly host: string;
}

/**
 * Finds the engine that the `docker` command uses: the one of DOCKER_HOST, or else of the current context.
 * Throws MissingProgramError, which says what to do, if there is no engine or no compose plugin.
 */
export async function findEngine(): Promise<Engine> {
  try {
    await command('compose', 'version', '--short');
    const host =
      process.env['DOCKER_HOST'] ??
      (await command('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'));
    const engine = connect(host);
    await engine.docker.ping();
    return engine;
  } catch (error) {
    throw new MissingProgramError(
      `expected a Docker engine and its compose plugin, but found none (${said(error)}). ` +
        'Install or start Docker, or run without containers: --stack local',
    );
  }
}

/** Returns a client for an engine. @param host a socket, `unix:///var/run/docker.sock`, or `tcp://HOST:PORT` */
export function connect(host: string): Engine {
  if (host.startsWith('unix://'))
    return { docker: new Docker({ socketPath: host.slice('unix://'.length) }), host };
  const { hostname, port } = new URL(host.replace(/^tcp:/, 'http:'));
  return { docker: new Docker({ host: hostname, port: Number(port || 2375) }), host };
}

async function command(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { timeout: 20_000 });
  return stdout.trim();
}

function said(error: unknown): string {
  const stderr =
    typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
  return stderr || (error instanceof Error ? error.message : String(error));
}

/**
 * Runs a program in a running container, waits until it ends and returns its output.
 * Throws an error with the output if the exit code is not 0.
 */
export async function run(container: Container, ...program: [string, ...string[]]): Promise<string> {
  const exec = await container.exec({ Cmd: program, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: false, stdin: false });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const output = text(Buffer.concat(chunks)).trim();
  const { ExitCode: code } = await exec.inspect();
  if (code === 0) return output;
  throw new Error(
    `expected ${program.join(' ')} to succeed in the container, got exit code ${code}: ${output}`,
  );
}

/** Returns the label that marks all containers, networks and volumes of a compose project. */
export function ofProject(project: string): { label: string[] } {
  return { label: [`com.docker.compose.project=${project}`] };
}

/**
 * Removes every container, network and volume of a project, in any state. Repeats this until nothing is left, because
 * a compose command that is still running may create more. Throws if something is left after 20 s.
 */
export async function removeProject({ docker }: Engine, project: string): Promise<void> {
  let left: string[] = [];
  const nothingIsLeft = async () => {
    left = await removeOnce(docker, ofProject(project));
    return left.length === 0;
  };
  try {
    await until(nothingIsLeft, { withinMs: 20_000, what: `nothing of ${project} to be left` });
  } catch (error) {
    throw new Error(
      `${(error as Error).message}. There is still: ${left.join(', ')}. ` +
        `Remove it: docker compose --project-name ${project} down --volumes`,
    );
  }
}

/** Tries once to remove everything of a project. @returns the names of everything that was found */
async function removeOnce(docker: Docker, filters: { label: string[] }): Promise<string[]> {
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.allSettled(
    containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })),
  );
  const networks = await docker.listNetworks({ filters });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  await Promise.allSettled([
    ...networks.map(({ Id }) => docker.getNetwork(Id).remove()),
    ...volumes.map(({ Name }) => docker.getVolume(Name).remove()),
  ]);
  return [...containers.flatMap(({ Names }) => Names), ...[...networks, ...volumes].map(({ Name }) => Name)];
}
