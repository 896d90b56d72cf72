/**
 * Lists the processes of this machine, and sends signals to process groups. Each server that Baton starts leads a
 * process group. Uses `ps` on macOS, and /proc on Linux, because bare Debian lacks `ps`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Process {
  pid: number;
  parent: number;
  group: number;
  /** State as a letter of `ps`: S sleeping, R running, T stopped, Z zombie. */
  state: string;
}

const hasProc = (): boolean => existsSync('/proc/self/stat');

/** Lists all processes of this machine, including zombies. */
export function processes(): Process[] {
  if (!hasProc()) return fromPs();
  return readdirSync('/proc').flatMap(entry => (/^\d+$/.test(entry) ? fromProc(Number(entry)) : []));
}

/** Returns the state of a process; undefined if no process has that id. */
export const stateOf = (pid: number): string | undefined =>
  processes().find(process => process.pid === pid)?.state;

/** Returns whether a process runs. A zombie has ended. */
export const isAlive = (pid: number): boolean => /^[^ZXx]/.test(stateOf(pid) ?? '');

/** Returns the program and arguments of a process; '' if no process has that id. */
export function commandLine(pid: number): string {
  try {
    if (!hasProc())
      return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function fromProc(pid: number): Process[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return []; // The process ended during the scan.
  }
  // The name in "pid (name) state ppid pgrp …" may itself contain brackets.
  const [state = 'Z', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [{ pid, parent: Number(parent), group: Number(group), state }];
}

function fromPs(): Process[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' });
  return table.split('\n').flatMap(line => {
    const [pid, parent, group, state] = line.trim().split(/\s+/);
    if (state === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), state }];
  });
}

/** Sends a signal to every process of the group. Returns false if the group has no process left. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): boolean {
  // PostgreSQL's child processes have separate groups, and can be found only while their parent runs.
  const leaders = groupMembers(pgid).filter(member => member.group !== pgid);
  const sent = send(-pgid, signal);
  for (const { group } of leaders) send(-group, signal);
  return sent;
}

function send(to: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(to, signal);
    return true;
  } catch {
    // ESRCH: the group does not exist. EPERM: on macOS, the group has only zombies.
    return false;
  }
}

export function groupMembers(pgid: number): { pid: number; group: number; stopped: boolean }[] {
  return processes()
    .filter(({ parent, group, state }) => (group === pgid || parent === pgid) && !/^[ZXx]/.test(state))
    .map(({ pid, group, state }) => ({ pid, group, stopped: /^[Tt]/.test(state) }));
}
