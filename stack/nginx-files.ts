/** Writes nginx's files: its configuration, from deploy/nginx.conf.template, and the additions to it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs.ts';
import type { Routed } from './stack.ts';

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);

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

export type NginxFiles = ReturnType<typeof nginxFiles>;

export function nginxFiles(dir: string) {
  const state = join(dir, 'nginx');
  mkdirSync(state, { recursive: true });
  return {
    state,
    config: join(state, 'nginx.conf'),
    pid: join(state, 'nginx.pid'),
    instances: join(state, 'instances.conf'),
    http: join(state, 'http.d'),
    server: join(state, 'server.d'),
    failure: join(state, 'failure.d'),
    closing: join(state, 'closing'),
    anyInstance: join(state, 'any-instance.conf'),
    accessLog: join(dir, 'access.log'),
    log: join(dir, 'balancer.log'),
  };
}

export function nginxCommand(files: NginxFiles, retireMs: number): [string, ...string[]] {
  // If root starts nginx, workers by default run as a user that cannot enter the folder. So root makes them
  // run as root. Only root can set a user.
  const group = process.platform === 'darwin' ? 'wheel' : 'root';
  const user = process.getuid?.() === 0 ? ` user root ${group};` : '';
  const program = findProgram('nginx');
  // Limits how long a request in flight keeps a retired worker running.
  const global = `daemon off; worker_shutdown_timeout ${retireMs}ms;${user}`;
  return [program, '-e', 'stderr', '-p', files.state, '-c', files.config, '-g', global];
}

export function fillTemplate(port: number, statusPort: number, files: NginxFiles): string {
  const values: Record<string, string> = {
    LISTEN: `127.0.0.1:${port}`,
    STATUS_LISTEN: `127.0.0.1:${statusPort}`,
    STATE_DIR: files.state,
    INSTANCES_DIR: files.state,
    ACCESS_LOG: files.accessLog,
  };
  return readFileSync(TEMPLATE, 'utf8').replace(
    /\$\{([A-Z_]+)\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
}

/** Writes a file of directives. Does nothing if there are none. @param name the file's name without .conf */
export function writeAddition(folder: string, name: string, directives: string | undefined): void {
  if (directives === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.conf`), `${directives}\n`);
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
