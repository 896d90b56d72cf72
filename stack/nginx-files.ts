/** Writes nginx's files: its configuration, from deploy/nginx.conf.template, and the additions to it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Routed } from './stack.ts';

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);
/** As in deploy/balancer.sh: an instance that failed gets no requests for one second. */
const PER_INSTANCE = 'max_fails=1 fail_timeout=1s';
const NEVER_FAILED = 'max_fails=0';

/** Directives to add to deploy/nginx.conf.template, in nginx's syntax. */
export interface NginxAdditions {
  /** Directives for all servers, in the block `http`. */
  http?: string;
  /** Directives of the `server` block for clients. They override those for all servers. */
  server?: string;
  /**
   * Directives that decide which instance gets a request, for the block `upstream`: for example
   * `least_conn;`. A function gets the number of calls of `forget` so far. Used in a hash, this number makes
   * each call of `forget` assign all visitors anew.
   */
  upstream?: string | ((forgotten: number) => string);
  /** Parameters of each instance in the group: its weight, max_fails … A function gets its index, from 0. */
  perInstance?: string | ((place: number) => string);
  /**
   * A rule for failures, which nginx tries before the rules of the template. It consists of a pattern and a
   * location: `~. @bad_gateway;`.
   */
  failure?: string;
  /** Directives of the `server` block for clients. They apply only as long as no instance is registered. */
  noInstance?: string;
  /**
   * Returns directives for all servers that name the instances, such as a map of addresses. Called again when
   * the instances change, and at each `forget`.
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
  /** While this file exists, nginx closes each connection after its response. */
  readonly closing: string;
  readonly accessLog: string;
  readonly log: string;
  readonly #additions: NginxAdditions;

  /** Writes the files that do not depend on the instances. */
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

  /** Writes the files that list the instances. @param repeatMs see `Balancer.repeat` */
  write(routed: readonly Routed[], forgotten: number, repeatMs: number | undefined): void {
    const { upstream = '', perInstance = PER_INSTANCE, noInstance, instances } = this.#additions;
    const choice = typeof upstream === 'function' ? upstream(forgotten) : upstream;
    // With `repeat`, nginx also sends slow requests to another instance. It must not mark the slow instance
    // as failed then, because it would send no more requests to that instance.
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

/** Replaces each `${NAME}` of a template in deploy/. Keeps the names that `values` lacks. */
export const fillTemplate = (template: URL, values: Readonly<Record<string, string>>): string =>
  readFileSync(template, 'utf8').replace(/\$\{([A-Z_]+)\}/g, (whole, name) => values[name] ?? whole);

function serverLines(routed: readonly Routed[], options: string | ((place: number) => string)): string {
  const lines = routed.map(({ url }, place) => {
    const own = typeof options === 'string' ? options : options(place);
    return `server ${new URL(url).host} ${own};`;
  });
  // nginx requires a server in each group. With a single server that is marked `down`, nginx responds as if all
  // instances were down.
  return lines.join('\n') || 'server 127.0.0.1:9 down;';
}

/**
 * Merges two sets of additions. Joins the values of `http`, `server` and `failure`. Of the other fields, the
 * value of the second set wins.
 */
export function merged(first: NginxAdditions, second: NginxAdditions): NginxAdditions {
  const both = (name: 'http' | 'server' | 'failure'): string =>
    [first[name], second[name]].filter(text => text !== undefined).join('\n');
  return { ...first, ...second, http: both('http'), server: both('server'), failure: both('failure') };
}
