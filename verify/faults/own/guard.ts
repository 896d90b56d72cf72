/**
 * Heals a fault even if this process is killed by `kill -9`. A shell in a separate session reads a pipe from this
 * process. If the pipe closes before this process has written `healed`, the shell runs the heal.
 */
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';

/** The script of the shell. Before the heal, it kills a command that still runs and could disturb the system again. */
const WATCH = `
group=
while read -r word value; do
  case $word in
    runs) group=$value ;;
    healed) exit 0 ;;
  esac
done
[ -z "$group" ] || kill -s KILL -- "-$group" 2>/dev/null
log=$1; shift
"$@" >/dev/null 2>&1
echo "Baton ended before it had healed this; the heal was run in its place, exit code $?" >>"$log"
`;

export interface Guard {
  /** @param group the process group of the running command; 0 when the command has ended */
  runs(group: number): void;
  /** Ends the guard without a heal. Call it when everything is healed. */
  release(): void;
}

/**
 * Starts a guard.
 *
 * @param heal program and arguments
 * @param cwd folder in which it runs
 * @param log file that gets a line when the guard has run the heal
 */
export function guard(heal: readonly string[], cwd: string, log: string): Guard {
  const child = spawn('/bin/sh', ['-c', WATCH, 'sh', log, ...heal], {
    cwd,
    // A separate session, so that Ctrl-C or a closed terminal does not end the shell.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.unref();
  const { stdin } = child;
  if (!(stdin instanceof Writable)) throw new Error('expected a pipe to the shell that heals after a crash');
  stdin.on('error', () => {}); // The shell may have been killed.
  // The pipe is a Socket, although its type is Writable. `unref`: it must not keep this process alive.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    runs: group => void stdin.write(`runs ${group === 0 ? '' : group}\n`),
    release: () => void stdin.end('healed\n'),
  };
}
