/** Finds out which container tests can run on this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PULL_MS = 60_000;

/** Name and version of the Docker engine; undefined if no engine can run compose files. */
const engine: string | undefined = (() => {
  try {
    docker('compose', 'version', '--short');
    return `Docker ${docker('version', '--format', '{{.Server.Version}}')}`;
  } catch {
    return undefined;
  }
})();

/** Returns why containers of these images cannot run on this machine; '' if they can. Pulls missing images. */
export function whyNot(...images: string[]): string {
  if (engine === undefined) return 'no Docker engine with compose';
  const missing = images.filter(image => !isHere(image) && !pulled(image));
  return missing.length === 0 ? '' : `cannot pull ${missing.join(', ')}`;
}

/**
 * Configures testcontainers for machines that cannot pull Ryuk's image. On these, testcontainers would guess a wrong
 * host.
 */
export function prepareEngine(): void {
  if (!isHere('stand-in:base')) return;
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] = '127.0.0.1';
}

/** Returns a line for the end of a test run: the Docker engine, or why no container test ran. */
export function containersOf(...images: string[]): string {
  const why = whyNot(...images);
  return why === '' ? `tested on ${engine}` : `NOT TESTED: ${why}`;
}

export const STACK_IMAGES: string[] = [
  ...readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8').matchAll(/^(?:ARG NODE_IMAGE=|FROM )(\w+:\S+)/gm),
].map(([, image = '']) => image);

function docker(...args: string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: 'pipe', timeout: 20_000 }).trim();
}

function isHere(image: string): boolean {
  return spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore' }).status === 0;
}

function pulled(image: string): boolean {
  return spawnSync('docker', ['pull', '--quiet', image], { stdio: 'ignore', timeout: PULL_MS }).status === 0;
}
