/** Makes the remarks of a report about the whole run. */
import type { Fingerprint, Finish, Run } from '../history/history.ts';
import { untriedAges } from '../result/ages.ts';
import { counted } from '../result/format.ts';
import type { Tally } from '../result/result.ts';
import { brokenUnclaimed, type Verdict } from '../result/verdict.ts';

interface Judged {
  run: Run;
  finish: Finish | undefined;
  fingerprint: Fingerprint | undefined;
  guarantees: readonly Verdict[];
  tally: Tally;
}

/** @param refused the users whose logins were all refused, and how often @param ofObjects remarks about objects */
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

const CUT_OFF = 'the history has no last line: the run was cut off, and only the recorded part is judged';

const unclaimedRemark = ({ guarantee, finding }: Verdict): string =>
  `${guarantee} is not claimed, but was violated: ${finding}`;

const resentRemark = (times: number): string =>
  `${counted(times, 'read')} ${times === 1 ? 'was' : 'were'} sent again on a new connection, as browsers do: the ` +
  'server closed the kept-alive connection at that moment, as a balancer does on a reload';

/** Maximum number of user names in a remark. */
const NAMED = 5;

function refusedRemark(refused: readonly Refused[]): string[] {
  if (refused.length === 0) return [];
  const names = refused.slice(0, NAMED).map(([user, times]) => `${user} (${times} times)`);
  return [
    `every login of ${names.join(', ')}${refused.length > NAMED ? ` and ${refused.length - NAMED} more` : ''} was refused: ` +
      'see the passwords in `accounts`, unless `continuity` shows that logins fail between two instances. ' +
      'Refusals of an account that no instance accepts are not judged',
  ];
}

function lookRemark({ instances, by }: Fingerprint): string {
  const looks =
    instances === 1
      ? 'all answers look as if from one'
      : `by ${by.join(' and ')} the answers look as if from ${instances}`;
  return `nothing names the instance that answered; ${looks}. That is a guess and proves nothing: add \`instance\`, or give --logs`;
}
