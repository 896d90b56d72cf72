/** Writes nginx's configuration files, from deploy/nginx.conf.template and additional directives. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Routed } from './stack.ts';

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);
/**
 * Parameters of each instance: after a failed request, an instance gets no requests for one second. deploy/balancer.sh
 * has the same values.
 */
const PER_INSTANCE = 'max_fails=1 fail_timeout=1s';
const NEVER_FAILED = 'max_fails=0';

/** Additional directives for deploy/nginx.conf.template, in nginx's syntax. */
export interface NginxAdditions {
  /** Directives for the block `http`. They apply to all servers. */
  http?: string;
  /** Directives for the block `server` that accepts requests of clients. They override those in the block `http`. */
  server?: string;
  /**
   * Directives for the block `upstream`, which decide which instance gets a request: for example `least_conn;`. If the
   * value is a function, it gets the number of times that the pinning of visitors to instances was reset. As part of a
   * hash, this number changes the instance of each visitor at each reset.
   */
  upstream?: string | ((forgotten: number) => string);
  /**
   * Parameters of each instance in the block `upstream`: its weight, max_fails … If the value is a function, it gets
   * the instance's index, from 0.
   */
  perInstance?: string | ((place: number) => string);
  /**
   * A rule for failed requests, which nginx applies before the template's own rules. It consists of a pattern and a
   * location: `~. @bad_gateway;`.
   */
  failure?: string;
  /**
   * Directives for the block `server` that accepts requests of clients. They apply only while no instance is
   * registered.
   */
  noInstance?: string;
  /**
   * Returns directives for the block `http` that list the instances, such as a map of addresses. Called again when an
   * instance is added or removed, and when the pinning of visitors to instances is reset.
   */
  instances?: (instances: readonly Routed[], forgotten: number) => string;
}

interface NginxPlace {
  port: number;
  statusPort: number;
  dir: string;
  additions: NginxAdditions;
}

export class NginxFiles {
  readonly state: string;
  readonly config: string;
  readonly pid: string;
  /** Path of a file. While this file exists, nginx closes each connection after its response. */
  readonly closing: string;
  readonly accessLog: string;
  readonly log: string;
  readonly #additions: NginxAdditions;

  /** Writes the configuration files that do not depend on the instances. */
  constructor({ port, statusPort, dir, additions }: NginxPlace) {
    this.state = join(dir, 'nginx');
    this.config = join(this.state, 'nginx.conf');
    this.pid = join(this.state, 'nginx.pid');
    this.closing = join(this.state, 'closing');
    this.accessLog = join(dir, 'access.log');
    this.log = join(dir, 'balancer.log');
    this.#additions = additions;
    const values: Record<string, string> = {
      LISTEN: `127.0.0.1:${port}`,
      STATUS_LISTEN: `127.0.0.1:${statusPort}`,
      STATE_DIR: this.state,
      INSTANCES_DIR: this.state,
      ACCESS_LOG: this.accessLog,
    };
    this.#put('nginx.conf', fillTemplate(TEMPLATE, values));
    this.#put('http.d/additions.conf', additions.http);
    this.#put('server.d/additions.conf', additions.server);
    this.#put('failure.d/additions.conf', additions.failure);
  }

  /**
   * Writes the configuration files that list the instances.
   *
   * @param repeatMs time without a response after which nginx also sends a request to another instance; undefined:
   * never
   */
  write(routed: readonly Routed[], forgotten: number, repeatMs: number | undefined): void {
    const { upstream = '', perInstance = PER_INSTANCE, noInstance, instances } = this.#additions;
    const choice = typeof upstream === 'function' ? upstream(forgotten) : upstream;
    // Never marks a slow instance as failed while nginx also sends slow requests to another instance (`repeatMs`). A
    // failed instance would get no more requests.
    const servers = serverLines(routed, repeatMs === undefined ? perInstance : NEVER_FAILED);
    this.#put('instances.conf', `${choice}\n${servers}`);
    this.#put('any-instance.conf', serverLines(routed, NEVER_FAILED));
    this.#put('server.d/no-instance.conf', routed.length === 0 ? noInstance : '');
    this.#put('http.d/instances.conf', instances?.(routed, forgotten));
    const repeating = `proxy_next_upstream error timeout non_idempotent; proxy_read_timeout ${repeatMs}ms;`;
    this.#put('server.d/repeat.conf', repeatMs === undefined ? '' : repeating);
  }

  #put(name: string, text = ''): void {
    const file = join(this.state, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
}

/**
 * Replaces each `${NAME}` of a template in deploy/ by its value. Does not change names that have no value in `values`.
 */
export const fillTemplate = (template: URL, values: Readonly<Record<string, string>>): string =>
  readFileSync(template, 'utf8').replace(/\$\{([A-Z_]+)\}/g, (whole, name) => values[name] ?? whole);

function serverLines(routed: readonly Routed[], options: string | ((place: number) => string)): string {
  const lines = routed.map(({ url }, place) => {
    const own = typeof options === 'string' ? options : options(place);
    return `server ${new URL(url).host} ${own};`;
  });
  // If there is no instance, lists one server that is marked `down`, because nginx requires a server in each group.
  // nginx then responds as if all instances were down.
  return lines.join('\n') || 'server 127.0.0.1:9 down;';
}

/**
 * Merges two sets of additional directives. Joins the values of `http`, `server` and `failure`. For all other fields,
 * takes the value of the second set if it has one.
 */
export function merged(first: NginxAdditions, second: NginxAdditions): NginxAdditions {
  const both = (name: 'http' | 'server' | 'failure'): string =>
    [first[name], second[name]].filter(text => text !== undefined).join('\n');
  return { ...first, ...second, http: both('http'), server: both('server'), failure: both('failure') };
}
