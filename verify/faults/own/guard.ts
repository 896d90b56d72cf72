/**
 * Sees to it that a fault is healed however this process ends, even by `kill -9`: a shell in a session of its own reads
 * a pipe that this process holds. When the pipe closes before it was told that all is healed, it heals.
 */
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';

/** Told of a command that runs, it ends that first: what still disturbs must not do so after the heal. */
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
  /** @param group the process group of a command, 0 once it has ended */
  runs(group: number): void;
  /** Nothing is left to do. */
  release(): void;
}

/**
 * @param heal program and arguments
 * @param cwd where it runs
 * @param log file that is told when it was run
 */
export function guard(heal: readonly string[], cwd: string, log: string): Guard {
  const child = spawn('/bin/sh', ['-c', WATCH, 'sh', log, ...heal], {
    cwd,
    // In a session of its own: Ctrl-C and a closed terminal must not end it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.unref();
  const { stdin } = child;
  if (!(stdin instanceof Writable)) throw new Error('expected a pipe to the shell that heals after a crash');
  stdin.on('error', () => {}); // Ended already: whoever kills shells kills this one too.
  // A child's pipe is a Socket, though its type does not say so; it must not keep this process alive.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    runs: group => void stdin.write(`runs ${group === 0 ? '' : group}\n`),
    release: () => void stdin.end('healed\n'),
  };
}
