/** Sends signals to process groups and lists their processes. Each server that Baton starts leads a process group. */
import { processes } from './process-table.ts';

interface Member {
  pid: number;
  group: number;
  stopped: boolean;
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

export function groupMembers(pgid: number): Member[] {
  return processes()
    .filter(({ parent, group, state }) => (group === pgid || parent === pgid) && !/^[ZXx]/.test(state))
    .map(({ pid, group, state }) => ({ pid, group, stopped: /^[Tt]/.test(state) }));
}
