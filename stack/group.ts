/**
 * Process groups: each child leads one, so that its own children (nginx's workers) share its fate. Children of the
 * leader that lead groups of their own, as PostgreSQL's do, count as members while the leader lives.
 */
import { processes } from './process-table.ts';

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

/** The living processes of the group: zombies do not count. */
export function groupMembers(pgid: number): Member[] {
  return processes()
    .filter(({ parent, group, state }) => (group === pgid || parent === pgid) && !/^[ZXx]/.test(state))
    .map(({ pid, group, state }) => ({ pid, group, stopped: /^[Tt]/.test(state) }));
}
