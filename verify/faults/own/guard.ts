/**
 *
 * Heals a fault however this process ends, even by `kill -9`. A shell in a separate session reads a pipe that this
 * process holds. If the pipe closes before this process reports that all is healed, the shell heals.
 */
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';

/** Kills a command that still runs before it heals, so that the command cannot disturb the system after the heal. */
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
  /** @param group the process group of a command; 0 once it has ended */
  runs(group: number): void;
  /** Ends the guard: everything is healed. */
  release(): void;
}

/**
 *
 * Starts a guard.
 *
 * @param heal program and arguments
 * @param cwd folder in which it runs
 * @param log file that gets a line when the guard has run the heal
 */
export function guard(heal: readonly string[], cwd: string, log: string): Guard {
  const child = spawn('/bin/sh', ['-c', WATCH, 'sh', log, ...heal], {
    cwd,
    // A session of its own, so that Ctrl-C and a closed terminal do not end it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.unref();
  const { stdin } = child;
  if (!(stdin instanceof Writable)) throw new Error('expected a pipe to the shell that heals after a crash');
  stdin.on('error', () => {}); // The shell has ended already, for example killed together with other shells.
  // The pipe of a child is a Socket, though its type does not say so. It must not keep this process alive.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    runs: group => void stdin.write(`runs ${group === 0 ? '' : group}\n`),
    release: () => void stdin.end('healed\n'),
  };
}
