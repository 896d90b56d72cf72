import type { Fingerprint, Finish, Run } from '../history/history.ts';
import { untriedAges } from '../result/ages.ts';
import { counted, listed } from '../result/format.ts';
import type { Tally } from '../result/result.ts';
import { brokenUnclaimed, type Verdict } from '../result/verdict.ts';

interface Judged {
  run: Run;
  finish: Finish | undefined;
  fingerprint: Fingerprint | undefined;
  guarantees: readonly Verdict[];
  tally: Tally;
}

/** @param refused the users whose logins were all refused, with the number of their logins */
export function remarksOn(
  { run, finish, fingerprint, guarantees, tally }: Judged,
  refused: readonly Refused[],
  ofObjects: readonly string[],
): string[] {
  return [
    ...(finish === undefined ? [CUT_OFF] : (finish.remarks ?? [])),
    ...brokenUnclaimed(guarantees).map(unclaimedRemark),
    ...(tally.resent ? [resentRemark(tally.resent)] : []),
    ...refusedRemark(refused),
    ...ofObjects,
    ...untriedAges(run, tally),
    ...(tally.namedBy === undefined && fingerprint ? [lookRemark(fingerprint)] : []),
  ];
}

type Refused = readonly [user: string, times: number];

const CUT_OFF = 'the history is incomplete, because the run was cut off. Only the recorded part is judged';

const unclaimedRemark = ({ guarantee, finding }: Verdict): string =>
  `${guarantee} is not claimed, but was violated: ${finding}`;

const resentRemark = (times: number): string =>
  `${counted(times, 'read')} ${times === 1 ? 'was' : 'were'} sent again on a new connection, as browsers do: the ` +
  'server closed the kept-alive connection at that moment, as a balancer does on a reload';

const NAMED = 5;

function refusedRemark(refused: readonly Refused[]): string[] {
  if (refused.length === 0) return [];
  const names = refused.map(([user, times]) => `${user} (${times} times)`);
  return [
    `every login of ${listed(names, NAMED)} was refused: ` +
      'correct the passwords in `accounts`, unless `continuity` shows that logins fail between two instances. ' +
      'No guarantee judges an account that every instance refuses',
  ];
}

function lookRemark({ instances, by }: Fingerprint): string {
  const looks =
    instances === 1
      ? 'all responses look as if one instance sent them'
      : `by ${by.join(' and ')}, ${instances} instances seem to respond`;
  return `no response and no log names an instance; ${looks}. That is only a guess: set \`instance\` in the target file, or give --logs`;
}
