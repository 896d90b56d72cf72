/** Checks evidence: the response header and all logs name one instance, and it served the request only once. */

import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Finish, Operation, Run } from '../history/history.ts';
import { counted } from '../result/format.ts';
import type { Anomaly } from '../result/verdict.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { type Request, Testimonies, type Testimony } from './testimonies.ts';

export const evidence: Check = {
  guarantee: 'evidence',
  assumes: 'every log carries the X-Request-Id of the request',
  minimum:
    'two sources that name the instance, and an entry in each log for every request that got a response, unless a ' +
    'fault overlapped it or began less than a second after it',
  start: (run, onAnomaly, faults) => new Evidence(run, onAnomaly, faults),
  conclude: concluded,
};

/** A killed process may lose the log lines of its last second; microseconds. */
const LAST_LINES = 1_000_000;

/** Actions that change no data. */
const safe = new Set(['form', 'read']);

/** Returns the number of instances that the balancer tried, by its log. */
const triedOf = ({ balancer }: Testimony): number => balancer?.tried?.length ?? 1;

class Evidence implements Fold {
  readonly #anomalies: Anomalies;
  readonly #pending: Testimonies;
  readonly #hasBalancer: boolean;
  readonly #hasInstances: boolean;
  readonly #prefix: string;
  /** Requests that the client sent twice. The logs may or may not have an entry for the first attempt. */
  readonly #resent = new Set<string>();
  readonly #faults: FaultLedger;
  #joined = 0;
  #missing = 0;
  #finished: Finish | undefined;

  constructor(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger) {
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
    this.#hasBalancer = run.logs.includes('balancer');
    this.#hasInstances = run.logs.some(log => log !== 'balancer');
    this.#prefix = `${run.run}-`;
    this.#pending = new Testimonies(this.#prefix, operation => this.#misses(operation));
  }

  ended(operation: Operation): void {
    if (!this.#hasBalancer && !this.#hasInstances) return;
    const testimony = this.#pending.of(operation.request);
    const { instance, action, direct = false, resent = false } = operation;
    testimony.request = { instance, safe: safe.has(action), direct, resent, operation };
    if (resent) this.#resent.add(operation.request);
    this.#settle(operation.request, testimony);
  }

  event(event: Event): void {
    if (event.type === 'finish') this.#finished = event;
    if (event.type !== 'served' || !event.request.startsWith(this.#prefix)) return;
    const testimony = this.#pending.of(event.request);
    if (event.kind === 'balancer') testimony.balancer = event;
    else testimony.instances.push(event);
    this.#settle(event.request, testimony);
  }

  #settle(request: string, testimony: Testimony): void {
    if (testimony.request === undefined || !this.#isInAllLogs(testimony)) return;
    // If the balancer tried several instances, wait for an entry from each. Some may never log the request.
    if (this.#hasInstances && testimony.instances.length < triedOf(testimony)) return;
    this.#pending.delete(request);
    this.#judge(request, testimony.request, testimony);
  }

  /** Returns whether each kind of log has an entry for the request. */
  #isInAllLogs({ request, balancer, instances }: Testimony): boolean {
    // The balancer does not log requests that were sent directly to an instance.
    const balancerLogged = !this.#hasBalancer || request?.direct === true || balancer !== undefined;
    return balancerLogged && (!this.#hasInstances || instances.length > 0);
  }

  #judge(name: string, request: Request, testimony: Testimony): void {
    this.#joined++;
    const { balancer, instances } = testimony;
    const said = [
      ['the response', request.instance],
      ['the balancer log', balancer?.instance],
      ...instances.map(entry => [`the log of ${entry.source}`, entry.instance]),
    ].filter((entry): entry is [string, string] => entry[1] !== undefined);
    const names = new Set(said.map(([, instance]) => instance));
    const sentOn = request.resent || Math.max(instances.length, triedOf(testimony)) > 1;
    const { operation, safe: harmless } = request;
    const what = operation === undefined ? `request ${name}` : `one ${operation.action}`;
    if (instances.length > 1 && !harmless) {
      const where = instances.map(entry => entry.source).join(' and ');
      this.#anomalies.add(() => disputed(operation, `${what} was served twice: by ${where}`));
    } else if (names.size > 1 && !(harmless && sentOn)) {
      const all = said.map(([source, instance]) => `${source} says ${instance}`).join(', ');
      this.#anomalies.add(() => disputed(operation, operation === undefined ? `${what}: ${all}` : all));
    }
  }

  finish(): Finding {
    if (this.#hasBalancer || this.#hasInstances) {
      for (const [request, testimony] of this.#pending.whole()) this.#leftOver(request, testimony);
      this.#missing += this.#pending.missing();
    }
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }

  counts(): Counts {
    return {
      requests: this.#joined,
      sources: 1 + Number(this.#hasBalancer) + Number(this.#hasInstances),
      missing: this.#missing,
      disputed: this.#anomalies.count,
    };
  }

  /** At the end of the history, judges a request for which an entry is still missing. */
  #leftOver(name: string, testimony: Testimony): void {
    const { request, instances, balancer } = testimony;
    if (request === undefined) {
      // All sources had named the request before, and now an instance logs it again. So it was served twice, unless
      // the history was cut off: then the operation itself may be missing.
      const again = this.#resent.has(name) ? undefined : instances[0];
      if (again !== undefined && balancer === undefined && this.#finished !== undefined) {
        this.#anomalies.add(() => ({
          ...disputed(undefined, `request ${name} was served once more by ${again.source}`),
        }));
      }
    } else if (this.#isInAllLogs(testimony)) this.#judge(name, request, testimony);
    else if (this.#pending.counts(request)) this.#missing++;
  }

  /** Returns whether a request counts as missing if a log has no entry for it. */
  #misses({ status, instance, ...operation }: Operation): boolean {
    if (status === undefined || (status >= 500 && instance === undefined)) return false;
    return !this.#faults.overlaps({
      ...operation,
      return: (operation.return ?? operation.call) + LAST_LINES,
    });
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [joined, broken] = [of('requests'), of('disputed')];
  const rests = { requests: joined, sources: of('sources') };
  const finding =
    broken === 0
      ? `header and logs agree on all ${counted(joined, 'request')}`
      : `the sources disagree on ${counted(broken, 'request')}`;
  return conclude(broken, missingLogs(of('sources'), joined, of('missing')), rests, finding);
}

function missingLogs(sources: number, joined: number, missing: number): string | undefined {
  if (sources < 2) {
    return 'only the responses name the instance that served: no log of the balancer or of an instance was read';
  }
  if (joined === 0) return 'no request was found in the logs: do they carry X-Request-Id?';
  if (missing > 0) {
    return `${counted(missing, 'request')} of ${joined + missing} with a response are missing in a log`;
  }
  return undefined;
}

function disputed(operation: Operation | undefined, summary: string): Anomaly {
  return {
    name: 'DISPUTED',
    guarantee: 'evidence',
    ...(operation ? { session: operation.session, user: operation.user } : {}),
    summary,
    witness: operation
      ? [
          {
            operation,
            expected: 'all sources name one instance, which served it once',
            came: summary,
          },
        ]
      : [],
    notes: [],
  };
}
