/** Runs a compose project for one stack: docker-compose.yml with the additions of the stack, under a unique name. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Container } from 'dockerode';
import { Document } from 'yaml';
import { type Engine, ofProject, removeProject } from './engine.ts';
import { signalGroup } from './group.ts';
import {
  guardGroup,
  guardProject,
  makeFolder,
  releaseGroup,
  releaseProject,
  removeFolder,
  temporaryPath,
} from './watchdog.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SERVICE = 'com.docker.compose.service';
/** Maximum number of lines of compose's output in an error. */
const LAST_LINES = 40;

/** The services of a compose file. */
export type Services = Record<string, Record<string, unknown>>;

/** Returns the name prefix of all projects with folders on this machine. The engine may have other projects too. */
export const ownProjects = (): string =>
  `baton-${createHash('sha256').update(tmpdir()).digest('hex').slice(0, 4)}`;

export class ComposeProject {
  readonly name = `${ownProjects()}${randomBytes(3).toString('hex')}`;
  readonly file = join(ROOT, 'docker-compose.yml');
  readonly engine: Engine;
  readonly #dir = temporaryPath('baton-compose-');
  readonly #environment: Record<string, string>;
  readonly #running = new Set<number>();
  /** Runs one `up` at a time, because each one writes the file that compose reads. */
  #ups: Promise<unknown> = Promise.resolve();
  #removed = false;

  /** @param environment values of the variables of docker-compose.yml */
  constructor(engine: Engine, environment: Record<string, string>) {
    this.engine = engine;
    this.#environment = environment;
    makeFolder(this.#dir);
    guardProject(engine.host, this.name);
  }

  /**
   * Creates and starts only these services, and does not wait until they are healthy. `added` has all services that
   * differ from docker-compose.yml or are not in it, including services that already run.
   * Throws an error with compose's output if it fails.
   */
  async up(services: readonly string[], added: Services, ...options: string[]): Promise<void> {
    const up = this.#ups.then(async () => {
      const file = join(this.#dir, 'added.yml');
      writeFileSync(file, composeFile(added));
      await this.#compose(file, 'up', '--detach', '--no-deps', '--no-recreate', ...options, ...services);
    });
    this.#ups = up.catch(() => {}); // The caller of this `up` gets the error.
    await up;
  }

  async container(service: string): Promise<Container> {
    const { label } = ofProject(this.name);
    const filters = { label: [...label, `${SERVICE}=${service}`] };
    const [found] = await this.engine.docker.listContainers({ all: true, filters });
    if (found === undefined)
      throw new Error(`expected a container of ${service} in ${this.name}, found none`);
    return this.engine.docker.getContainer(found.Id);
  }

  /** Ends the running compose commands, and removes everything that they created. */
  async remove(): Promise<void> {
    this.#removed = true;
    for (const group of this.#running) signalGroup(group, 'SIGKILL');
    await this.#ups;
    await removeProject(this.engine, this.name);
    releaseProject(this.engine.host, this.name);
    removeFolder(this.#dir);
  }

  #compose(file: string, ...args: string[]): Promise<void> {
    if (this.#removed) throw new Error('the stack was stopped and starts no more containers');
    const files = ['--file', this.file, '--file', file];
    const all = ['compose', '--project-name', this.name, '--project-directory', ROOT, ...files, ...args];
    // A separate process group: the terminal's Ctrl-C reaches only Baton, which stops everything in order.
    const child = spawn('docker', all, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#environment, DOCKER_HOST: this.engine.host, NO_COLOR: '1' },
    });
    const group = child.pid;
    if (group !== undefined) {
      guardGroup(group);
      this.#running.add(group);
    }
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (group !== undefined) {
          releaseGroup(group);
          this.#running.delete(group);
        }
        if (code === 0) return resolve();
        const last = output.trim().split('\n').slice(-LAST_LINES).join('\n');
        reject(new Error(`docker compose ${args[0]} failed (${signal ?? `exit code ${code}`}):\n${last}`));
      });
    });
  }
}

/**
 * Returns the text of the compose file. It removes the `depends_on` of docker-compose.yml: the stack decides the
 * order.
 */
function composeFile(services: Services): string {
  const document = new Document({ services });
  for (const name of Object.keys(services)) {
    const none = document.createNode({});
    none.tag = '!reset';
    document.setIn(['services', name, 'depends_on'], none);
  }
  // A compose file interprets $ as the start of a variable.
  return document.toString().replaceAll('$', '$$$$');
}
