/**
 * Sees to it that no process, container or temporary folder outlives this process, however it ends: by its own will,
 * an uncaught error, a signal, even `kill -9`. A small second process (watchdog-process.ts) holds the reading end
 * of a pipe; when this process goes, the kernel closes the pipe, and the watchdog clears up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

let watchdog: ChildProcess | undefined;

/** The process group `pgid` is killed when this process ends, unless released before. */
export function guardGroup(pgid: number): void {
  tell(`+group ${pgid}`);
}

/** To be called as soon as the group has gone, for its number may be given to others. */
export function releaseGroup(pgid: number): void {
  tell(`-group ${pgid}`);
}

/** A path in the system's folder for temporary files that nobody else uses. */
export function temporaryPath(prefix: string): string {
  return join(tmpdir(), `${prefix}${randomBytes(6).toString('hex')}`);
}

/** Makes a folder, for this user alone, that is removed when this process ends, unless it was removed before. */
export function makeFolder(folder: string): void {
  tell(`+folder ${folder}`); // Before it is there, so that there is no moment in which nobody would remove it.
  mkdirSync(folder, { mode: 0o700, recursive: true });
}

/** Removes it and what is in it, now. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  tell(`-folder ${folder}`);
}

/** All that an engine (as DOCKER_HOST names it) has of a compose project is removed when this process ends. */
export function guardProject(host: string, project: string): void {
  tell(`+project ${host} ${project}`);
}

export function releaseProject(host: string, project: string): void {
  tell(`-project ${host} ${project}`);
}

/** Starts the watchdog ahead of the first child, so that there is no moment without it. */
export function startWatchdog(): void {
  if (watchdog !== undefined) return;
  const program = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url));
  watchdog = spawn(process.execPath, [program], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a session of its own: Ctrl-C and a closed terminal end this process, and must not end the watchdog.
    detached: true,
    env: {},
  });
  watchdog.once('error', () => {});
  watchdog.stdin?.on('error', () => {}); // Gone already: this process does not fail for want of a watchdog.
  watchdog.unref();
  // A ChildProcess's pipe is a Socket, though its type does not say so; it must not keep this process alive.
  if (watchdog.stdin && 'unref' in watchdog.stdin && typeof watchdog.stdin.unref === 'function') {
    watchdog.stdin.unref();
  }
}

function tell(line: string): void {
  startWatchdog();
  watchdog?.stdin?.write(`${line}\n`);
}
