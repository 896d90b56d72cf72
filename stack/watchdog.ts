/**
 * Ensures that no process, container or folder outlives this process, even after SIGKILL. The watchdog process then
 * sees a closed pipe, and cleans up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

let watchdog: ChildProcess | undefined;

type Guarded = 'group' | 'path' | 'project';

/** Makes the watchdog remove a process group, file, folder or compose project when this process ends. */
export function guard(kind: Guarded, what: string | number): void {
  send(`+${kind} ${what}`);
}

/** Removes a process group, file, folder or compose project from the watchdog's list: its id may be used again. */
export function release(kind: Guarded, what: string | number): void {
  send(`-${kind} ${what}`);
}

/** Returns an unused path in the system's folder for temporary files. */
export function temporaryPath(prefix: string): string {
  return join(tmpdir(), `${prefix}${randomBytes(6).toString('hex')}`);
}

/** Creates a folder that only this user can enter. The watchdog removes it when this process ends. */
export function makeFolder(folder: string): void {
  guard('path', folder); // Sent before the folder exists, so that the folder is always guarded.
  mkdirSync(folder, { mode: 0o700, recursive: true });
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  release('path', folder);
}

/** Starts the watchdog process. Call this before the first child process starts. */
export function startWatchdog(): void {
  if (watchdog !== undefined) return;
  const program = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url));
  watchdog = spawn(process.execPath, [program], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // The watchdog needs its own session, because Ctrl-C and a closed terminal would end it otherwise.
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' }, // `docker` needs PATH, HOME and DOCKER_HOST.
  });
  watchdog.once('error', () => {});
  watchdog.stdin?.on('error', () => {}); // If the watchdog has ended, this process continues without it.
  watchdog.unref();
  (watchdog.stdin as Socket | null)?.unref(); // An open pipe would keep this process running.
}

function send(line: string): void {
  startWatchdog();
  watchdog?.stdin?.write(`${line}\n`);
}
