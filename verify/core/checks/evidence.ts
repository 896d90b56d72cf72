/** evidence: header, balancer log and instance logs agree on who served each request, and served it once. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  type Finding,
  type Fold,
  reader,
  type Tell,
} from '../check.ts';
import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Finish, Operation, Run, Served } from '../history.ts';
import type { Anomaly } from '../verdict.ts';

export const evidence: Check = {
  guarantee: 'evidence',
  assumes: 'every log carries the X-Request-Id of the request',
  minimum:
    'two sources that name the instance, and an entry of each log for every request that was answered while ' +
    'nothing was disturbed, and not within a second before',
  start: (run, tell, faults) => new Evidence(run, tell, faults),
  conclude: concluded,
};

/** What is killed takes the last lines of its log with it, microseconds. */
const LAST_LINES = 1_000_000;

/** What the sources say of one request, until all of them have spoken. */
interface Testimony {
  operation?: Operation;
  balancer?: Served;
  instances: Served[];
}

const safe = new Set(['form', 'read']);

/** How many instances the balancer says that it tried. */
const triedOf = ({ balancer }: Testimony): number => balancer?.tried?.length ?? 1;

class Evidence implements Fold {
  readonly #anomalies: Anomalies;
  readonly #pending = new Map<string, Testimony>();
  readonly #hasBalancer: boolean;
  readonly #hasInstances: boolean;
  readonly #prefix: string;
  /** Requests that were sent again: of the first of the two, the logs may tell or not. */
  readonly #resent = new Set<string>();
  readonly #faults: FaultLedger;
  #joined = 0;
  #missing = 0;
  #finished: Finish | undefined;

  constructor(run: Run, tell: Tell | undefined, faults: FaultLedger) {
    this.#faults = faults;
    this.#anomalies = new Anomalies(tell);
    this.#hasBalancer = run.logs.includes('balancer');
    this.#hasInstances = run.logs.some(log => log !== 'balancer');
    this.#prefix = `${run.run}-`;
  }

  ended(operation: Operation): void {
    if (!this.#hasBalancer && !this.#hasInstances) return;
    const testimony = this.#of(operation.request);
    testimony.operation = operation;
    if (operation.resent === true) this.#resent.add(operation.request);
    this.#settle(operation.request, testimony);
  }

  event(event: Event): void {
    if (event.type === 'finish') this.#finished = event;
    if (event.type !== 'served' || !event.request.startsWith(this.#prefix)) return;
    const testimony = this.#of(event.request);
    if (event.kind === 'balancer') testimony.balancer = event;
    else testimony.instances.push(event);
    this.#settle(event.request, testimony);
  }

  #of(request: string): Testimony {
    let testimony = this.#pending.get(request);
    if (testimony === undefined) {
      testimony = { instances: [] };
      this.#pending.set(request, testimony);
    }
    return testimony;
  }

  #settle(request: string, testimony: Testimony): void {
    if (testimony.operation === undefined || !this.#allSpoke(testimony)) return;
    // Of a request that was sent on, each instance that was tried may have something to say; some never will.
    if (this.#hasInstances && testimony.instances.length < triedOf(testimony)) return;
    this.#pending.delete(request);
    this.#judge(testimony.operation, testimony);
  }

  /** Whether there is an entry of each kind of log. */
  #allSpoke({ operation, balancer, instances }: Testimony): boolean {
    // The balancer knows nothing of what went past it.
    const told = !this.#hasBalancer || operation?.direct === true || balancer !== undefined;
    return told && (!this.#hasInstances || instances.length > 0);
  }

  #judge(operation: Operation, testimony: Testimony): void {
    this.#joined++;
    const { balancer, instances } = testimony;
    const said = [
      ['the response', operation.instance],
      ['the balancer log', balancer?.instance],
      ...instances.map(entry => [`the log of ${entry.source}`, entry.instance]),
    ].filter((entry): entry is [string, string] => entry[1] !== undefined);
    const names = new Set(said.map(([, instance]) => instance));
    const sentOn = operation.resent === true || Math.max(instances.length, triedOf(testimony)) > 1;
    if (instances.length > 1 && !safe.has(operation.action)) {
      const where = instances.map(entry => entry.source).join(' and ');
      this.#anomalies.add(() => disputed(operation, `one ${operation.action} was served twice: by ${where}`));
    } else if (names.size > 1 && !(safe.has(operation.action) && sentOn)) {
      const told = said.map(([source, instance]) => `${source} says ${instance}`).join(', ');
      this.#anomalies.add(() => disputed(operation, told));
    }
  }

  finish(): Finding {
    if (this.#hasBalancer || this.#hasInstances) {
      for (const [request, testimony] of this.#pending) this.#leftOver(request, testimony);
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

  #leftOver(request: string, testimony: Testimony): void {
    const { operation, instances, balancer } = testimony;
    if (operation !== undefined && this.#allSpoke(testimony)) this.#judge(operation, testimony);
    else if (operation === undefined) {
      // Its testimony was complete before, and an instance tells of it once more: served twice. In a history
      // that was cut off the operation may simply not have been written.
      const again = this.#resent.has(request) ? undefined : instances[0];
      if (again !== undefined && balancer === undefined && this.#finished !== undefined) {
        this.#anomalies.add(() => ({
          ...disputed(undefined, `request ${request} was served once more by ${again.source}`),
        }));
      }
    } else if (
      operation.status !== undefined &&
      !this.#faults.met({ ...operation, return: (operation.return ?? operation.call) + LAST_LINES }) &&
      !(operation.status >= 500 && operation.instance === undefined)
    ) {
      this.#missing++;
    }
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
    return 'only the responses tell which instance served: no log of the balancer or of an instance was read';
  }
  if (joined === 0) return 'no request was found in the logs: do they carry X-Request-Id?';
  if (missing > 0) {
    return `${counted(missing, 'answered request')} of ${joined + missing} are missing in a log`;
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
            expected: 'all sources name one instance, and served once',
            came: summary,
          },
        ]
      : [],
    notes: [],
  };
}
