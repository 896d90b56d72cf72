/**
 * Checks evidence: the response header and all logs name the same instance, and this instance served the request once.
 */
import { counted } from '../result/format.ts';
import { Evidence, type Sources } from './evidence-judge.ts';
import { check } from './framework.ts';

export const evidence = check<Sources>({
  guarantee: 'evidence',
  assumes: 'every log carries the X-Request-Id of the request',
  minimum:
    'two sources that name the instance, and an entry in each log for every request that got a response, unless a ' +
    'fault overlapped it or began less than a second after it',
  judge: Evidence,
  counts: () => ({ requests: 0, sources: 1, missing: 0 }),
  compared: ({ requests }) => requests,
  missing({ requests, sources, missing }) {
    if (sources < 2)
      return 'only the responses name the instance that served: no log of the balancer or of an instance was read';
    if (requests === 0) return 'no request was found in the logs: do they carry X-Request-Id?';
    return missing > 0
      ? `${counted(missing, 'request')} of ${requests + missing} with a response are missing in a log`
      : undefined;
  },
  rests: ({ requests, sources }) => ({ requests, sources }),
  rulesOut: ({ requests }) => `header and logs agree on all ${counted(requests, 'request')}`,
  broken: violations => `the sources disagree on ${counted(violations, 'request')}`,
});
