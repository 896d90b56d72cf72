/** Runs docker-compose.yml under a unique project name. */
import { instanceLog, routedLog } from '../verify/import/log-file.ts';
import { BundledStack, Deaths, type NewInstance, type OwnInstance, portOf } from './bundled-stack.ts';
import { Changes } from './changes.ts';
import { ComposeProject, type Services } from './compose-project.ts';
import { ContainerService, type ContainerSpec } from './container.ts';
import { docker, requireEngine } from './docker.ts';
import { isReady } from './instance.ts';
import { freePort } from './ports.ts';
import type { Balancer, Instance, Stack, StackOptions } from './stack.ts';

const REDIS_PORT = 6379;
const FIRST = 'app-1';
const SCRIPT = ['bash', '/baton/balancer.sh'] as const;
/** Port on which instances listen in their containers; docker-compose.yml has the same number. */
const INSTANCE_PORT = 3000;
/** Turns off compose's health checks, which would distort the measurements. */
const WITHOUT_HEALTHCHECK = { healthcheck: { disable: true } };

/** Returns an instance's address for balancer.sh: the name of its compose service, which Docker's DNS resolves. */
function routeTo(name: string): string {
  return `${name}:${INSTANCE_PORT}`;
}

/**
 * Starts the stack in containers and waits until all are ready. Removes everything when this process ends.
 * Throws MissingProgramError without a Docker engine, or the output of a container that did not start.
 */
export async function startComposeStack(options: StackOptions = {}): Promise<Stack> {
  requireItsServers(options);
  await requireEngine();
  options.signal?.throwIfAborted();
  const port = await portOf(options);
  const redisPort = await freePort();
  const project = new ComposeProject({ BALANCER_PORT: String(port), TLS_PORT: '0', ...options.env });
  return new ComposeStack(project, { url: `http://127.0.0.1:${port}`, redisPort }, options).begin();
}

const REDIS = 'a store in Redis, the only data server';
/** Key: variable that selects a server; `lacks`: the servers that docker-compose.yml does not have. */
const SERVERS = {
  STACK_BALANCER: { has: 'nginx, the balancer', lacks: /^(?!nginx$)./ },
  SESSION_STORE: { has: REDIS, lacks: /^(postgres|memcached|dynamodb)$/ },
  BASKET_STORE: { has: REDIS, lacks: /^postgres$/ },
};

function requireItsServers({ env }: StackOptions): void {
  const wanted: Record<string, string | undefined> = { ...process.env, ...env };
  for (const [name, { has, lacks }] of Object.entries(SERVERS)) {
    const value = wanted[name] ?? '';
    if (!lacks.test(value)) continue;
    throw new Error(
      `${name}: expected ${has} of docker-compose.yml, got ${value}. ` +
        'Run it with --stack local, which starts the servers that it needs.',
    );
  }
}

/** Controls nginx in a container through the script deploy/balancer.sh. */
class ComposeBalancer extends ContainerService implements Balancer {
  readonly #routed = new Set<string>();
  readonly #changes = new Changes();

  constructor(spec: Omit<ContainerSpec, 'ready'>) {
    const ready = async () => (await docker('exec', spec.container, ...SCRIPT, 'healthy')) !== undefined;
    super({ ...spec, ready });
  }

  register(instance: Pick<Instance, 'name'>): Promise<void> {
    return this.registerAll([instance]);
  }

  registerAll(instances: readonly Pick<Instance, 'name'>[]): Promise<void> {
    return this.#change(() => {
      for (const { name } of instances) this.#routed.add(name);
    });
  }

  deregister({ name }: Pick<Instance, 'name'>): Promise<void> {
    return this.#change(() => this.#routed.delete(name));
  }

  reload(): Promise<void> {
    return this.#change(() => {});
  }

  #change(change: () => unknown): Promise<void> {
    return this.#changes.run(async () => {
      change();
      const routes = [...this.#routed].map(routeTo);
      await docker('exec', this.container, ...SCRIPT, 'route', ...routes);
    });
  }
}

class ComposeStack extends BundledStack {
  override readonly balancer: ComposeBalancer;
  override readonly store: ContainerService;
  override readonly servers: readonly ContainerService[];
  readonly #project: ComposeProject;
  readonly #services: Services;

  constructor(
    project: ComposeProject,
    { url, redisPort }: { url: string; redisPort: number },
    options: StackOptions,
  ) {
    super(url, options, new Deaths(options.onDeath));
    this.#project = project;
    this.#services = {
      redis: { ...WITHOUT_HEALTHCHECK, ports: [`127.0.0.1:${redisPort}:${REDIS_PORT}`] },
    };
    const redis = this.#specOf('redis');
    this.store = new ContainerService({
      ...redis,
      url: `redis://127.0.0.1:${redisPort}`,
      ready: async () => (await docker('exec', redis.container, 'redis-cli', 'ping')) === 'PONG',
    });
    this.servers = [this.store];
    const nginx = this.#specOf('balancer');
    this.balancer = new ComposeBalancer({ ...nginx, url });
    this.logs.push(routedLog(nginx.log));
  }

  #specOf(name: string): Pick<ContainerSpec, 'name' | 'container' | 'log' | 'onDeath'> {
    return { name, ...this.#project.placeOf(name), onDeath: this.deaths.report };
  }

  protected override async startAll(): Promise<void> {
    const created = await this.createAll();
    const names = created.map(({ name }) => name);
    const environment = { INSTANCES: names.map(routeTo).join(' ') };
    this.#services['balancer'] = { ...WITHOUT_HEALTHCHECK, environment };
    this.options.onStep?.(
      `building the image and starting Redis, nginx and ${names.length} instances as ${this.#project.name}`,
    );
    await this.#project.create(['redis', 'balancer', ...names], this.#services, '--build');
    await Promise.all([this.store, this.balancer, ...created].map(service => service.start()));
    // The address of a container may have changed. nginx resolves its name again only when it reads its configuration.
    await this.balancer.registerAll(created);
  }

  protected override async startAdded(instance: OwnInstance): Promise<void> {
    await this.#project.create([instance.name], this.#services);
    await instance.start();
  }

  /** Gives the instance a fixed port, so that it has the same address after a restart. */
  protected override prepare(planned: NewInstance): OwnInstance {
    const { name, port, own } = planned;
    this.#services[name] = {
      extends: { file: this.#project.file, service: FIRST },
      ...WITHOUT_HEALTHCHECK,
      environment: {
        ...this.options.env,
        INSTANCE_ID: name,
        LOG_FILE: '',
        // Unsets the secret file, because the stack passes the secret as a variable.
        SESSION_SECRET_FILE: '',
        ...own.env,
      },
      ports: [`127.0.0.1:${port}:${INSTANCE_PORT}`],
      ...(own.command && { command: own.command }),
    };
    const spec = this.#specOf(name);
    this.logs.push(instanceLog(name, spec.log));
    const url = `http://127.0.0.1:${port}`;
    const ready = () => isReady(url, own.command === undefined);
    return Object.assign(new ContainerService({ ...spec, url, ready }), { options: own });
  }

  protected override async stopAll(): Promise<void> {
    await Promise.all([this.store, this.balancer, ...this.all].map(service => service.dispose()));
    await this.#project.remove();
  }
}
