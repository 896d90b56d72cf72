/**
 * Heals a fault even if Baton is killed by `kill -9`. A shell process reads from a pipe that Baton keeps open. If the
 * pipe closes before Baton has written `healed`, the shell runs the command that heals the fault.
 */
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';

/**
 * The script of the shell. It first kills the command that Baton was running, because this command might go on
 * disturbing the system.
 */
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
echo "Baton ended before it had healed the fault, so this shell ran the command that heals: exit code $?" >>"$log"
`;

export interface Guard {
  /**
   * Reports to the shell which command Baton is running.
   *
   * @param group process group of the command; 0 when the command has ended
   */
  runs(group: number): void;
  /** Ends the shell without healing. Called when Baton itself has healed the fault. */
  release(): void;
}

/**
 * Starts the shell process that heals the fault if Baton is killed.
 *
 * @param heal the command that heals: program and arguments
 * @param cwd folder in which the command runs
 * @param log file to which the shell adds a line after it has run the command
 */
export function guard(heal: readonly string[], cwd: string, log: string): Guard {
  const child = spawn('/bin/sh', ['-c', WATCH, 'sh', log, ...heal], {
    cwd,
    // Puts the shell into a separate session, so that Ctrl-C or a closed terminal does not end the shell.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.unref();
  const { stdin } = child;
  if (!(stdin instanceof Writable))
    throw new Error('expected a pipe to the shell that heals after a crash of Baton, got none');
  stdin.on('error', () => {}); // Ignores the error: the shell may have been killed.
  // Lets this process end although the pipe is open. The pipe is a Socket, which has `unref`, although its type is
  // Writable.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    runs: group => void stdin.write(`runs ${group === 0 ? '' : group}\n`),
    release: () => void stdin.end('healed\n'),
  };
}
