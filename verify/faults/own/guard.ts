/**
 * Heals a fault even after `kill -9` of Baton. A shell reads a pipe that Baton keeps open, and heals the fault if the
 * pipe closes before `healed` arrives.
 */
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';

/** First kills the command that Baton was running, because it might continue to disturb the system. Then heals. */
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
   * Reports the running command to the shell.
   *
   * @param group process group of the command; 0 when it has ended
   */
  runs(group: number): void;
  release(): void;
}

/**
 * Starts a shell that heals the fault if Baton is killed.
 *
 * @param heal program and arguments
 * @param cwd folder in which the command runs
 * @param log file that gets a line after the command
 */
export function guard(heal: readonly string[], cwd: string, log: string): Guard {
  const child = spawn('/bin/sh', ['-c', WATCH, 'sh', log, ...heal], {
    cwd,
    // Ctrl-C or a closed terminal must not end the shell.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.unref();
  const { stdin } = child;
  if (!(stdin instanceof Writable))
    throw new Error('expected a pipe to the shell that heals after a crash of Baton, got none');
  stdin.on('error', () => {}); // Ignores the error: the shell may have been killed.
  // Lets this process end although the pipe is open. The class Socket has `unref`, the type Writable does not.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    runs: group => void stdin.write(`runs ${group === 0 ? '' : group}\n`),
    release: () => void stdin.end('healed\n'),
  };
}
