/**
 * Process groups: each child leads one, so that its own children (nginx's workers) share its fate. Children of the
 * leader that lead groups of their own, as PostgreSQL's do, count as members while the leader lives.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Member {
  pid: number;
  group: number;
  stopped: boolean;
}

/** Sends a signal to every process of the group. False if there is none. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): boolean {
  // Looked for before the leader may be gone, which is what they are found by.
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
    // ESRCH: gone. EPERM: macOS says so of a group in which only the dead are left.
    return false;
  }
}

/** The living processes of the group. The dead whom nobody has buried yet (zombies) do not count. */
export function groupMembers(pgid: number): Member[] {
  return existsSync('/proc/self/stat') ? membersFromProc(pgid) : membersFromPs(pgid);
}

// A bare Debian has no `ps`, and macOS has no /proc.
function membersFromProc(pgid: number): Member[] {
  const members: Member[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readStat(entry);
    // "pid (name) state ppid pgrp …": the name may hold spaces and brackets, so count from its last bracket.
    const [state = 'Z', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (belongs(pgid, parent, group)) addLiving(members, Number(entry), Number(group), state);
  }
  return members;
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return ''; // It ended while we looked.
  }
}

function membersFromPs(pgid: number): Member[] {
  const members: Member[] = [];
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], {
    encoding: 'utf8',
  }).split('\n')) {
    const [pid, parent, group, state = 'Z'] = line.trim().split(/\s+/);
    if (belongs(pgid, parent, group)) addLiving(members, Number(pid), Number(group), state);
  }
  return members;
}

function belongs(leader: number, parent: string | undefined, group: string | undefined): boolean {
  return Number(group) === leader || Number(parent) === leader;
}

function addLiving(members: Member[], pid: number, group: number, state: string): void {
  if (/^[ZXx]/.test(state)) return;
  members.push({ pid, group, stopped: /^[Tt]/.test(state) });
}
