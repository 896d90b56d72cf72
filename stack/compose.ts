/** Runs the stack in containers: docker-compose.yml under a unique project name, controlled by `docker` commands. */
import { randomBytes } from 'node:crypto';
import type { LogSource } from '../verify/client/logs.ts';
import { followedLog } from '../verify/import/log-file.ts';
import { parseInstanceLine, RoutedLog } from '../verify/import/stack-log.ts';
import { ComposeBalancer, INSTANCE_PORT, routeTo } from './compose-balancer.ts';
import { ComposeProject, type Services } from './compose-project.ts';
import { ContainerService, type ContainerSpec } from './container.ts';
import { containerLines } from './container-log.ts';
import { docker, requireEngine } from './docker.ts';
import { isReady } from './instance.ts';
import { freePort } from './ports.ts';
import type { Instance, InstanceOptions, Stack, StackOptions } from './stack.ts';
import { Deaths, instancesOf, portOf, startOrStop } from './starting.ts';

/** The port of Redis in its container. */
const REDIS_PORT = 6379;
const FIRST = 'app-1';
/** The services that the stack starts in addition to the instances. */
const PARTS = ['redis', 'balancer'];

/**
 * Builds the image, starts Redis, the instances and nginx as containers, and waits until all are ready. Throws
 * MissingProgramError if there is no engine, an error if the options need a server that docker-compose.yml does not
 * have, or an error with the output of the part that did not start. Nothing is left running after such an error, or
 * after any end of this process.
 */
export async function startComposeStack(options: StackOptions = {}): Promise<Stack> {
  requireItsServers(options);
  await requireEngine();
  options.signal?.throwIfAborted();
  const port = await portOf(options);
  const secret =
    options.env?.['SESSION_SECRET'] ?? (process.env['SESSION_SECRET'] || randomBytes(32).toString('hex'));
  const project = new ComposeProject({ BALANCER_PORT: String(port), TLS_PORT: '0', ...options.env });
  const url = `http://127.0.0.1:${port}`;
  const stack = new ComposeStack(project, { url, secret }, options);
  return startOrStop(stack, options.signal);
}

/** Throws an error that says what to do if the options need a server that docker-compose.yml does not have. */
function requireItsServers({ env }: StackOptions): void {
  const wanted: Record<string, string | undefined> = { ...process.env, ...env };
  const balancer = wanted['STACK_BALANCER'] || 'nginx';
  if (balancer !== 'nginx')
    throw new Error(
      `STACK_BALANCER: expected nginx, the balancer of docker-compose.yml, got ${balancer}. ` +
        'Run it with --stack local, which starts the servers that it needs.',
    );
  for (const name of ['SESSION_STORE', 'BASKET_STORE']) {
    const value = wanted[name] ?? '';
    if (!['postgres', 'memcached', 'dynamodb'].includes(value)) continue;
    throw new Error(
      `${name}: expected a store in Redis, the only server of docker-compose.yml, got ${value}. ` +
        'Run it with --stack local, which starts the servers that it needs.',
    );
  }
}

class ComposeInstance extends ContainerService implements Instance {
  readonly options: InstanceOptions;

  constructor({ name, url, options }: Planned, spec: Pick<ContainerSpec, 'container' | 'onDeath'>) {
    super({ ...spec, name, url, ready: () => isReady(url, options.command === undefined) });
    this.options = options;
  }
}

/** An instance whose container does not exist yet. */
interface Planned {
  name: string;
  url: string;
  options: InstanceOptions;
}

class ComposeStack implements Stack {
  readonly url: string;
  readonly logs: LogSource[] = [];
  readonly died: Promise<string>;
  readonly #project: ComposeProject;
  readonly #options: StackOptions;
  readonly #deaths: Deaths;
  readonly #instances: ComposeInstance[] = [];
  /** The instances that are not in docker-compose.yml. Removed instances stay here, so that no name is used twice. */
  readonly #services: Services = {};
  readonly #secret: string;
  #parts: { balancer: ComposeBalancer; store: ContainerService } | undefined;
  #stopped: Promise<void> | undefined;

  /** @param secret the SESSION_SECRET of instances whose options set no other secret */
  constructor(
    project: ComposeProject,
    { url, secret }: { url: string; secret: string },
    options: StackOptions,
  ) {
    this.#deaths = new Deaths(options.onDeath);
    this.died = this.#deaths.first;
    this.url = url;
    this.#secret = secret;
    this.#project = project;
    this.#options = options;
  }

  get balancer(): ComposeBalancer {
    return this.#started().balancer;
  }

  get store(): ContainerService {
    return this.#started().store;
  }

  get servers(): readonly ContainerService[] {
    return [this.store];
  }

  instances(): readonly Instance[] {
    return [...this.#instances];
  }

  async start(): Promise<void> {
    const { onStep } = this.#options;
    const planned: Planned[] = [];
    for (const one of instancesOf(this.#options)) planned.push(await this.#plan(one));
    const names = planned.map(({ name }) => name);
    const redisPort = await freePort();
    this.#services['redis'] = { ...WITHOUT_HEALTHCHECK, ports: [`127.0.0.1:${redisPort}:${REDIS_PORT}`] };
    this.#services['balancer'] = {
      ...WITHOUT_HEALTHCHECK,
      environment: { INSTANCES: names.map(routeTo).join(' ') },
    };
    onStep?.(
      `building the image and starting Redis, nginx and ${names.length} instances as ${this.#project.name}`,
    );
    await this.#project.up([...PARTS, ...names], this.#services, '--build');
    const [redis, nginx] = ['redis', 'balancer'].map(this.#project.container) as [string, string];
    const onDeath = this.#deaths.report;
    const store = new ContainerService({
      ...{ name: 'redis', container: redis, url: `redis://127.0.0.1:${redisPort}`, onDeath },
      // `url` is an address on this machine, so that faults can send commands to Redis.
      ready: async () => (await docker('exec', redis, 'redis-cli', 'ping')) === 'PONG',
    });
    const balancer = new ComposeBalancer(names, { container: nginx, url: this.url, onDeath });
    this.#parts = { store, balancer };
    this.logs.push(followedLog('balancer', 'balancer', containerLines(nginx), new RoutedLog()));
    const found = planned.map(one => this.#find(one));
    await Promise.all([store, ...found, balancer].map(service => service.untilReady()));
    // Containers may have got new addresses since nginx started. A reload makes nginx look them up again.
    await balancer.reload();
    onStep?.(`ready at ${this.url}`);
  }

  async add(options: InstanceOptions = {}): Promise<Instance> {
    if (this.#stopped) throw new Error('the stack was stopped and starts no more instances');
    const planned = await this.#plan(options);
    await this.#project.up([planned.name], this.#services);
    const instance = this.#find(planned);
    try {
      await instance.untilReady();
      await this.balancer.register(instance);
    } catch (error) {
      await this.#forget(instance);
      throw error;
    }
    return instance;
  }

  async remove({ name }: Instance): Promise<void> {
    const instance = this.#instances.find(one => one.name === name);
    if (instance === undefined)
      throw new Error(`expected the name of an instance of this stack, got ${JSON.stringify(name)}`);
    await this.balancer.deregister(instance);
    await instance.stop();
    await this.#forget(instance);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #started() {
    if (this.#parts) return this.#parts;
    throw new Error('the stack has not started');
  }

  /**
   * Adds an instance to the compose file. The port is fixed, so that the instance has the same address after a restart.
   */
  async #plan(options: InstanceOptions): Promise<Planned> {
    const { env, command } = options;
    const port = await freePort();
    const name = `app-${Object.keys(this.#services).filter(key => !PARTS.includes(key)).length + 1}`;
    this.#services[name] = {
      extends: { file: this.#project.file, service: FIRST },
      ...WITHOUT_HEALTHCHECK,
      environment: {
        // docker-compose.yml has a service that writes the secret to a file. The stack passes the secret itself, and
        // does not start this service.
        ...{ SESSION_SECRET: this.#secret, SESSION_SECRET_FILE: '' },
        ...{ ...this.#options.env, INSTANCE_ID: name, LOG_FILE: '', ...env },
      },
      ports: [`127.0.0.1:${port}:${INSTANCE_PORT}`],
      ...(command && { command }),
    };
    // Adds the secret to the options that callers see: the faults that replace the secret read the old one there.
    const own = { ...options, env: { SESSION_SECRET: this.#secret, ...env } };
    return { name, url: `http://127.0.0.1:${port}`, options: own };
  }

  #find(planned: Planned): ComposeInstance {
    const { name } = planned;
    const container = this.#project.container(name);
    const instance = new ComposeInstance(planned, { container, onDeath: this.#deaths.report });
    this.#instances.push(instance);
    const parse = (line: string) => parseInstanceLine(name, line);
    this.logs.push(followedLog(name, 'instance', containerLines(container), { parse }));
    return instance;
  }

  /** Ends an instance. Keeps its container until the stack stops, because the log is read from the container. */
  async #forget(instance: ComposeInstance): Promise<void> {
    await instance.kill();
    instance.dispose();
    this.#instances.splice(this.#instances.indexOf(instance), 1);
  }

  #all(): readonly ContainerService[] {
    return [...(this.#parts ? Object.values(this.#parts) : []), ...this.#instances];
  }

  async #stop(): Promise<void> {
    for (const service of this.#all()) service.dispose();
    await this.#project.remove();
    await Promise.all(this.#all().map(service => service.ended()));
  }
}

/**
 * Disables health checks of compose, because they would distort the measurements. The stack checks readiness itself.
 */
const WITHOUT_HEALTHCHECK = { healthcheck: { disable: true } };
