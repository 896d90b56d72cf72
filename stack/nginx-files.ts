/** Writes nginx's configuration files, from deploy/nginx.conf.template and additional directives. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Routed } from './stack.ts';

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);
/** As in deploy/balancer.sh: after a failed request, an instance gets no requests for 1 s. */
const PER_INSTANCE = 'max_fails=1 fail_timeout=1s';
const NEVER_FAILED = 'max_fails=0';

/** Additional directives for deploy/nginx.conf.template, in nginx's syntax. */
export interface NginxAdditions {
  /** Directives of nginx's block `http`. */
  http?: string;
  server?: string;
  /**
   * Directives of the block `upstream`, such as `least_conn;`. A function gets the number of times that the pinning
   * was reset.
   */
  upstream?: string | ((forgotten: number) => string);
  /** Parameters of each instance in the block `upstream`. A function gets the index of the instance, from 0. */
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
  /** Path of a file. While it exists, nginx closes each connection after its response. */
  readonly closing: string;
  readonly accessLog: string;
  readonly log: string;
  readonly #additions: NginxAdditions;

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
   * @param repeatMs time without a response after which nginx resends a request to a second instance; undefined:
   * never
   */
  write(routed: readonly Routed[], forgotten: number, repeatMs: number | undefined): void {
    const { upstream = '', perInstance = PER_INSTANCE, noInstance, instances } = this.#additions;
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
    const file = join(this.state, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
}

/** Replaces each `${NAME}` in a template file by its value. Leaves names without a value. */
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
 * Returns the directives of both sets. If both set the same field, `http`, `server` and `failure` are joined; else
 * the second wins.
 */
export function merged(first: NginxAdditions, second: NginxAdditions): NginxAdditions {
  const both = (name: 'http' | 'server' | 'failure'): string =>
    [first[name], second[name]].filter(text => text !== undefined).join('\n');
  return { ...first, ...second, http: both('http'), server: both('server'), failure: both('failure') };
}
