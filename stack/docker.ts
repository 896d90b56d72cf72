/** Runs `docker` commands with the engine of DOCKER_HOST or of the current Docker context. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MissingProgramError } from './programs.ts';
import { until } from './wait.ts';

/** Returns the output of a docker command. Throws the command's message if the command fails. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: 1 << 26 }).catch(error => {
    throw new Error(`docker ${args.join(' ')}: ${String(error.stderr).trim() || error.message}`);
  });
  return stdout.trim();
}

/** Throws MissingProgramError if there is no Docker engine with the compose plugin. */
export async function requireEngine(): Promise<void> {
  try {
    await docker('compose', 'version', '--short');
    await docker('version', '--format', '{{.Server.Version}}');
  } catch (error) {
    throw new MissingProgramError(
      `expected a Docker engine and its compose plugin, but found none (${(error as Error).message}). ` +
        'Install or start Docker, or run without containers: --stack local',
    );
  }
}

/** Objects of a compose project, in the order in which they can be removed. */
const OBJECTS = [
  { kind: 'container', list: ['--all'], remove: ['--force', '--volumes'] },
  { kind: 'network', list: [], remove: [] },
  { kind: 'volume', list: [], remove: [] },
];

/** Removes all containers, networks and volumes of a compose project. Throws if anything is left after 20 s. */
export async function removeProject(project: string): Promise<void> {
  const filter = `label=com.docker.compose.project=${project}`;
  const nothingIsLeft = async () => {
    const left: string[] = [];
    for (const { kind, list, remove } of OBJECTS) {
      const found = await docker(kind, 'ls', '--quiet', ...list, '--filter', filter);
      if (found === '') continue;
      left.push(found);
      await docker(kind, 'rm', ...remove, ...found.split(/\s+/)).catch(() => {});
    }
    return left.length === 0;
  };
  const command = `docker compose --project-name ${project} down --volumes`;
  const what = `all containers, networks and volumes of ${project} to be removed (as by: ${command})`;
  await until(nothingIsLeft, { withinMs: 20_000, what });
}
