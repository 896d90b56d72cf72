/** Checks routing: the balancer distributes requests as the target claims, for example evenly or sticky. */
import type { Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { check, few } from './framework.ts';
import { cameOrWent, Routes } from './presence.ts';
import { Routing } from './routing-judge.ts';
import {
  chance,
  ENOUGH_REQUESTS,
  needsEjection,
  type Share,
  sharesOf,
  unevenly,
  unweighted,
} from './shares.ts';

const ENOUGH_REPEATS = 10;

export const routing = check<Routes>({
  guarantee: 'routing',
  assumes:
    'instances have the declared weights, or equal weights; an instance that serves nothing for some time may have been ' +
    'absent, and one that sent 502, 503 or 504 may be ejected; after the first fault nothing is judged',
  minimum:
    'two instances, 100 requests whose instance is known, and a session that two instances served (sticky: two ' +
    'instances, and 10 repeated requests)',
  judge: Routing,
  counts: Routes,
  violations: (count, run) => count.violations + Number(unevenly(count, run).length > 0),
  compared: ({ requests }) => requests,
  missing,
  rests: (count, run) => ({
    requests: count.requests,
    instances: sharesOf(count, run).length,
    sessions: count.sessions,
  }),
  rulesOut: findingOf,
  broken: (_violations, count, run) => findingOf(count, run),
});

function findingOf(count: Routes & { violations: number }, run: Run): string {
  const { violations, repeats } = count;
  if (run.routing === 'sticky') {
    return violations === 0
      ? `no session changed its instance in ${counted(repeats, 'request')}`
      : `${counted(violations, 'request')} of ${repeats} went to another instance than the session's`;
  }
  const shares = sharesOf(count, run);
  const shown = shares.map(({ part }) => percent(part)).join(' / ');
  return run.routing === 'spread'
    ? `spread ${shown} (chi-square p = ${chance(shares).toPrecision(2)})`
    : `${shares.every(({ requests }) => requests > 0) ? 'every instance served' : 'not every instance served'}: ${shown}`;
}

function missing(count: Routes, run: Run): string | undefined {
  const { requests, unavailable, repeats, unexplained } = count;
  const shares: Share[] = sharesOf(count, run);
  const ejected = `${counted(requests, 'request')}, ${ENOUGH_REQUESTS} are needed: ${grouped(unavailable)} more came while an instance was unavailable (502, 503, 504)`;
  if (shares.length < 2 && unavailable > 0) return ejected;
  if (shares.length === 0) return 'no response names its instance: set `instance` in the target file';
  if (shares.length === 1) {
    const only = shares[0]?.instance;
    return `every response came from ${only}, so routing cannot be judged: run at least two instances`;
  }
  const spread = run.routing === 'spread';
  const [without] = unweighted(shares, run);
  if (spread && without !== undefined)
    return `${without} served requests, but \`instance.weights\` lacks it: declare the weight of each instance`;
  const [sent, least] = run.routing === 'sticky' ? [repeats, ENOUGH_REPEATS] : [requests, ENOUGH_REQUESTS];
  const tooFew = few(sent, least, 'request', '', 'run for longer');
  if (tooFew !== undefined) return unavailable > 0 ? ejected : tooFew;
  const partly = spread ? cameOrWent(count, run, needsEjection(count, run)) : [];
  if (partly.length > 0)
    return (
      `a part of the run has no response from ${partly.slice(0, 3).join(', ')}${partly.length > 3 ? ', …' : ''}: a ` +
      'deploy or the balancer may be the cause. Let Baton start the deploy (`--faults`), or set `instance.addresses`'
    );
  if (spread && count.sessions > 0 && count.several === 0)
    return 'no session was served by two instances, which may be chance because each has few requests: run for longer';
  return unexplained > 0
    ? `${counted(unexplained, 'request')} went to another instance than the session's, and no balancer ` +
        'log shows whether the first instance was available'
    : undefined;
}
