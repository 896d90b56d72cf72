import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BalancerPlace, BalancerProcess, type Workers } from './balancer-process.ts';
import { commandLine, groupMembers } from './process-table.ts';
import { findProgram } from './programs.ts';
import type { Routed } from './stack.ts';
import { until } from './wait.ts';

export interface NginxOptions extends BalancerPlace {
  statusPort: number;
  additions?: NginxAdditions;
  /** Maximum time for which a request may run after a reload, milliseconds; 30,000 by default. */
  retireMs?: number | undefined;
}

/** Additional directives for deploy/nginx.conf.template, in nginx's syntax. */
export interface NginxAdditions {
  /** Directives of nginx's block `http`. */
  http?: string;
  server?: string;
  /**
   * Directives of the block `upstream`, such as `least_conn;`. The argument of a function is the number of times that
   * the pinning of visitors was reset.
   */
  upstream?: string | ((forgotten: number) => string);
  /** Parameters of each instance in the block `upstream`. A function gets the instance's index, from 0. */
  perInstance?: string | ((place: number) => string);
  /**
   * Rule for failed requests: a pattern and a location, such as `~. @bad_gateway;`. Precedes the rules of the
   * template.
   */
  failure?: string;
  /** Directives of the block `server` while no instance is registered. */
  noInstance?: string;
  /**
   * Returns directives of the block `http` that list the instances. Called after each change of the instances or
   * reset of the pinning.
   */
  instances?: (instances: readonly Routed[], forgotten: number) => string;
}

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);
/** As in deploy/balancer.sh: after a failed request, an instance gets no requests for 1 s. */
const PER_INSTANCE = 'max_fails=1 fail_timeout=1s';
const NEVER_FAILED = 'max_fails=0';
const WORKERS = 2;
/** Time after which Baton no longer waits for idle connections, milliseconds. Their clients are probably inactive. */
const RESTING_MS = 500;
const LOOKS = 10;

/** Runs nginx in front of changing instances. The constructor throws MissingProgramError if nginx is missing. */
export class Nginx extends BalancerProcess {
  readonly #folder: string;
  readonly #additions: NginxAdditions;
  readonly #statusUrl: string;
  /** Path of a file. While it exists, nginx closes each connection after its response. */
  readonly #closing: string;

  constructor({ port, statusPort, dir, additions = {}, retireMs = 30_000, onDeath }: NginxOptions) {
    const folder = join(dir, 'nginx');
    const accessLog = join(dir, 'access.log');
    const command = commandIn(folder, retireMs);
    super({
      command,
      check: [...command, '-t'],
      log: join(dir, 'balancer.log'),
      accessLog,
      url: `http://127.0.0.1:${port}`,
      // Checks the process, because an open port could belong to another server.
      ready: async pid =>
        readFileSync(join(folder, 'nginx.pid'), 'utf8').trim() === `${pid}` &&
        groupMembers(pid).length > WORKERS,
      stopSignal: 'SIGQUIT', // SIGTERM would drop the requests in flight.
      reloadSignal: 'SIGHUP',
      workers: WORKERS,
      inFlightMs: retireMs + 5_000,
      pins: typeof additions.upstream === 'function' || additions.instances !== undefined,
      onDeath,
    });
    this.#folder = folder;
    this.#additions = additions;
    this.#statusUrl = `http://127.0.0.1:${statusPort}/status`;
    this.#closing = join(folder, 'closing');
    const values = {
      LISTEN: `127.0.0.1:${port}`,
      STATUS_LISTEN: `127.0.0.1:${statusPort}`,
      STATE_DIR: folder,
      INSTANCES_DIR: folder,
      ACCESS_LOG: accessLog,
    };
    this.#put('nginx.conf', fillTemplate(TEMPLATE, values));
    for (const block of ['http', 'server', 'failure'] as const)
      this.#put(`${block}.d/additions.conf`, additions[block]);
    this.write();
  }

  /** Writes the configuration files that list the instances. */
  protected override write(): void {
    const { upstream = '', perInstance = PER_INSTANCE, noInstance, instances } = this.#additions;
    const { forgotten, repeatMs } = this;
    const routed = [...this.routed.values()];
    const choice = typeof upstream === 'function' ? upstream(forgotten) : upstream;
    // An instance that responds slowly must not count as failed, because nginx sends failed instances no requests.
    const servers = serverLines(routed, repeatMs === undefined ? perInstance : NEVER_FAILED);
    this.#put('instances.conf', `${choice}\n${servers}`);
    this.#put('any-instance.conf', serverLines(routed, NEVER_FAILED));
    this.#put('server.d/no-instance.conf', routed.length === 0 ? noInstance : '');
    this.#put('http.d/instances.conf', instances?.(routed, forgotten));
    const repeating = `proxy_next_upstream error timeout non_idempotent; proxy_read_timeout ${repeatMs}ms;`;
    this.#put('server.d/repeat.conf', repeatMs === undefined ? '' : repeating);
  }

  #put(name: string, text = ''): void {
    const file = join(this.#folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }

  /** Finds retired workers by their process names, which nginx changes when they retire. */
  protected override async workers(): Promise<Workers> {
    const workers: Workers = { serving: [], retired: [] };
    const master = this.pid;
    if (master === undefined) return workers;
    for (const { pid } of groupMembers(master)) {
      const title = commandLine(pid);
      if (!title.startsWith('nginx: worker process')) continue;
      workers[title.includes('shutting down') ? 'retired' : 'serving'].push(pid);
    }
    return workers;
  }

  protected override async replaceWorkers(): Promise<void> {
    writeFileSync(this.#closing, '');
    try {
      await this.#untilFewAreIdle();
      await super.replaceWorkers();
    } finally {
      rmSync(this.#closing, { force: true });
    }
  }

  /**
   * Waits until few connections are idle. A reload closes idle connections. A request that arrives on such a connection
   * during the reload is lost.
   */
  async #untilFewAreIdle(): Promise<void> {
    const { signal } = this.changes;
    let least = Number.POSITIVE_INFINITY;
    let since = performance.now();
    let none = 0;
    const settled = async () => {
      // nginx does not count the connection of this status request as idle.
      const idle = Number(/Waiting: (\d+)/.exec(await (await fetch(this.#statusUrl)).text())?.[1]);
      none = idle === 0 ? none + 1 : 0;
      if (idle > 0 && idle < least) {
        least = idle;
        since = performance.now();
      }
      return none === LOOKS || performance.now() - since > RESTING_MS;
    };
    const what = 'no idle connection of a busy client';
    await until(settled, { withinMs: 5_000, everyMs: 10, what, signal }).catch(() => signal.throwIfAborted());
  }
}

function commandIn(folder: string, retireMs: number): [string, ...string[]] {
  // As root, runs the workers as root too: nginx's default user could not enter the temporary folder.
  const group = process.platform === 'darwin' ? 'wheel' : 'root';
  const user = process.getuid?.() === 0 ? ` user root ${group};` : '';
  // Limits the life of retired workers, which a request in flight could keep running.
  const global = `daemon off; worker_shutdown_timeout ${retireMs}ms;${user}`;
  return [findProgram('nginx'), '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', global];
}

/** Replaces each `${NAME}` in a template file by its value. Leaves names without a value unchanged. */
export const fillTemplate = (template: URL, values: Readonly<Record<string, string>>): string =>
  readFileSync(template, 'utf8').replace(/\$\{([A-Z_]+)\}/g, (whole, name) => values[name] ?? whole);

function serverLines(routed: readonly Routed[], options: string | ((place: number) => string)): string {
  const lines = routed.map(({ url }, place) => {
    const own = typeof options === 'string' ? options : options(place);
    return `server ${new URL(url).host} ${own};`;
  });
  // nginx requires at least one server in each group, so an empty group lists a server that is down.
  return lines.join('\n') || 'server 127.0.0.1:9 down;';
}

/**
 * Returns the directives of both sets. Joins the values of `http`, `server` and `failure`; for every other field, takes
 * the value of the second set.
 */
export function merged(first: NginxAdditions, second: NginxAdditions): NginxAdditions {
  const both = (name: 'http' | 'server' | 'failure'): string =>
    [first[name], second[name]].filter(text => text !== undefined).join('\n');
  return { ...first, ...second, http: both('http'), server: both('server'), failure: both('failure') };
}
