/** Runs docker-compose.yml and additional services as a compose project with a unique name. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Document } from 'yaml';
import { Changes } from './changes.ts';
import { removeProject } from './docker.ts';
import { signalGroup } from './process-table.ts';
import { guard, makeFolder, release, removeFolder, temporaryPath } from './watchdog.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LAST_LINES = 40;

export type Services = Record<string, Record<string, unknown>>;

/**
 * Returns the prefix of compose project names. It differs in each test file, so tests do not remove each other's
 * projects.
 */
export const ownProjects = (): string =>
  `baton-${createHash('sha256').update(tmpdir()).digest('hex').slice(0, 4)}`;

export class ComposeProject {
  readonly name = `${ownProjects()}${randomBytes(3).toString('hex')}`;
  readonly file = join(ROOT, 'docker-compose.yml');
  readonly #dir = temporaryPath('baton-compose-');
  readonly #environment: Record<string, string>;
  readonly #running = new Set<number>();
  /** Each `docker compose up` overwrites the compose file, so only one may run at a time. */
  readonly #ups = new Changes();

  constructor(environment: Record<string, string>) {
    this.#environment = environment;
    makeFolder(this.#dir);
    guard('project', this.name);
  }

  /**
   * Creates and starts the named services. Throws compose's output if compose fails.
   * @param added definitions of services that docker-compose.yml lacks or defines differently
   */
  up(services: readonly string[], added: Services, ...options: string[]): Promise<void> {
    return this.#ups.run(async () => {
      const file = join(this.#dir, 'added.yml');
      writeFileSync(file, composeFile(added));
      await this.#compose(file, 'up', '--detach', '--no-deps', '--no-recreate', ...options, ...services);
    });
  }

  container = (service: string): string => `${this.name}-${service}-1`;

  /** Ends the running compose commands, and removes everything that they created. */
  async remove(): Promise<void> {
    const ended = this.#ups.end();
    for (const group of this.#running) signalGroup(group, 'SIGKILL');
    await ended;
    await removeProject(this.name);
    release('project', this.name);
    removeFolder(this.#dir);
  }

  async #compose(file: string, ...args: string[]): Promise<void> {
    const files = ['--file', this.file, '--file', file];
    const all = ['compose', '--project-name', this.name, '--project-directory', ROOT, ...files, ...args];
    // Starts a separate process group, so that Ctrl-C in the terminal does not reach compose.
    const child = spawn('docker', all, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#environment, NO_COLOR: '1' },
    });
    const group = child.pid ?? 0;
    if (group > 0) {
      guard('group', group);
      this.#running.add(group);
    }
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    try {
      const [code, signal] = await once(child, 'close');
      if (code === 0) return;
      const last = output.trim().split('\n').slice(-LAST_LINES).join('\n');
      throw new Error(`docker compose ${args[0]} failed (${signal ?? `exit code ${code}`}):\n${last}`);
    } finally {
      if (group > 0) release('group', group);
      this.#running.delete(group);
    }
  }
}

/** Omits `depends_on`, because the stack itself starts the services in order. */
function composeFile(services: Services): string {
  const document = new Document({ services });
  for (const name of Object.keys(services)) {
    const none = document.createNode({});
    none.tag = '!reset';
    document.setIn(['services', name, 'depends_on'], none);
  }
  // Doubles each $, because a single $ begins a variable in a compose file.
  return document.toString().replaceAll('$', '$$$$');
}
