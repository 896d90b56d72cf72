/** What nginx finds on disk: its configuration, made of deploy/nginx.conf.template, and where the rest goes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NginxAdditions } from './nginx.ts';
import { findProgram } from './programs.ts';

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);

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
  // Started by root, the workers would become `nobody`, who cannot enter our folder. Others cannot choose.
  const group = process.platform === 'darwin' ? 'wheel' : 'root';
  const user = process.getuid?.() === 0 ? ` user root ${group};` : '';
  const program = findProgram('nginx');
  // A request that outlives this does not keep a retired worker for ever.
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

/** @param name of the file */
export function writeAddition(folder: string, name: string, directives: string | undefined): void {
  if (directives === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.conf`), `${directives}\n`);
}

/** Both; what only one of them can say is the second's where both say it. */
export function merged(first: NginxAdditions, second: NginxAdditions): NginxAdditions {
  const both = (name: 'http' | 'server' | 'failure'): string =>
    [first[name], second[name]].filter(text => text !== undefined).join('\n');
  return { ...first, ...second, http: both('http'), server: both('server'), failure: both('failure') };
}
