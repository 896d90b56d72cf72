/** Runs docker-compose.yml and additional services as a compose project with a unique name. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Changes } from './changes.ts';
import { removeProject } from './docker.ts';
import { ServerProcess } from './process.ts';
import { guard, makeFolder, release, removeFolder, temporaryPath } from './watchdog.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

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
  /** Each `docker compose up` overwrites the compose file, so only one may run at a time. */
  readonly #ups = new Changes();
  #running: ServerProcess | undefined;

  constructor(environment: Record<string, string>) {
    this.#environment = environment;
    makeFolder(this.#dir);
    guard('project', this.name);
  }

  /**
   * Creates the containers of the named services, without starting them. Throws compose's output if compose fails.
   * @param added definitions of services that docker-compose.yml lacks or defines differently
   */
  create(services: readonly string[], added: Services, ...options: string[]): Promise<void> {
    return this.#ups.run(async () => {
      const file = join(this.#dir, 'added.json');
      // Doubles each $, because a single $ begins a variable in a compose file.
      writeFileSync(file, JSON.stringify({ services: added }).replaceAll('$', '$$$$'));
      const project = ['--project-name', this.name, '--project-directory', ROOT, '--file', this.file];
      const up = ['up', '--no-start', '--no-deps', '--no-recreate', ...options, ...services];
      this.#running = new ServerProcess({
        name: 'docker compose',
        command: ['docker', 'compose', ...project, '--file', file, ...up],
        env: { ...process.env, ...this.#environment, NO_COLOR: '1' },
        log: join(this.#dir, 'compose.log'),
      });
      await this.#running.run();
    });
  }

  /** Returns the name of a service's container, and the file for its output. */
  placeOf(service: string): { container: string; log: string } {
    return { container: `${this.name}-${service}-1`, log: join(this.#dir, `${service}.log`) };
  }

  /** Ends the running compose command, and removes all containers, networks and volumes of the project. */
  async remove(): Promise<void> {
    const ended = this.#ups.end();
    await this.#running?.kill();
    await ended;
    await removeProject(this.name);
    release('project', this.name);
    removeFolder(this.#dir);
  }
}
