/** Checks instances-agree: no instance repeatedly responds to a session differently from the other instances. */
import { counted } from '../result/format.ts';
import { sum } from '../result/statistics.ts';
import { ENOUGH_HANDOFFS } from './check.ts';
import { atMost, check } from './framework.ts';
import { Answers, InstancesAgree } from './instances-agree-judge.ts';
import { fewestOn, type PairRequests } from './pairs.ts';

const ENOUGH = ENOUGH_HANDOFFS;

export const instancesAgree = check<Answers>({
  guarantee: 'instances-agree',
  assumes:
    'conflicts (409, 412, 423, 425, 429) and signs of overload (408, 502, 503, 504, no response) are not differences; ' +
    'requests during a fault, or in its recovery time, are left out',
  minimum:
    `${ENOUGH} responses on each ordered pair of the instances that served before the first fault: the instance of ` +
    'the last login or write, and the instance that responds',
  judge: InstancesAgree,
  counts: Answers,
  compared: ({ pairs }) => numbersIn(pairs).length,
  missing({ pairs }) {
    const fewest = fewestOn(pairs, ENOUGH);
    if (fewest === 'one instance')
      return 'fewer than two instances served requests: run at least two, and set `instance` in the target file';
    if (fewest === undefined) return undefined;
    const { from, to, requests } = fewest;
    return (
      `${counted(requests, 'response')} of ${to} to sessions that logged in or wrote last on ${from}, ` +
      `${ENOUGH} are needed on each pair: run for longer`
    );
  },
  rests({ pairs, older, olderForms }) {
    const numbers = numbersIn(pairs);
    return {
      responses: sum(numbers),
      'pairs of instances': numbers.length,
      ...(older > 0 && { 'sessions from before a fault': older, 'forms from before a fault': olderForms }),
    };
  },
  rulesOut({ pairs }) {
    const least = numbersIn(pairs).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return `${atMost(least)} of responses differ on any pair of instances`;
  },
  broken: violations => `${counted(violations, 'difference')} between instances`,
});

const numbersIn = (pairs: PairRequests): number[] => Object.values(pairs).flatMap(row => Object.values(row));
