/**
 * Signals and lists process groups. Each child leads a group, so that signals reach its own children too (nginx's
 * workers). Children of the leader that lead separate groups, as PostgreSQL's do, count as members while the leader runs.
 */
import { processes } from './process-table.ts';

interface Member {
  pid: number;
  group: number;
  stopped: boolean;
}

/** Sends a signal to every process of the group. Returns false if there is none. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): boolean {
  // Found before the signal, because they can only be found by their parent, the leader.
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
    // ESRCH: no such group. EPERM: macOS reports it for a group of only zombies.
    return false;
  }
}

/** Returns the processes of the group, without zombies. */
export function groupMembers(pgid: number): Member[] {
  return processes()
    .filter(({ parent, group, state }) => (group === pgid || parent === pgid) && !/^[ZXx]/.test(state))
    .map(({ pid, group, state }) => ({ pid, group, stopped: /^[Tt]/.test(state) }));
}
