import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Standing } from '../timeline/sessions.ts';
import { AgesTried } from './ages.ts';
import { Latencies } from './latency.ts';
import type { InstanceTally, Tally } from './result.ts';

type Requests = Omit<InstanceTally, 'instance' | 'share'>;
const noRequests = (): Requests => ({ requests: 0, sessions: 0 });

export class Tallying {
  readonly #outcomes = { ok: 0, fail: 0, info: 0 };
  readonly #users = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #instances = new Map<string, Requests>();
  readonly #named = new Map<string, number>();
  readonly #latencies = new Latencies();
  readonly #ages = new AgesTried();
  readonly #faults: FaultLedger;
  #sessions = 0;
  #handoffs = 0;
  #resent = 0;
  #intended = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(faults: FaultLedger) {
    this.#faults = faults;
  }

  ended(operation: Operation, standing: Standing): void {
    this.#outcomes[operation.outcome]++;
    if (operation.action === 'login') {
      this.#users.add(operation.user);
      if (operation.outcome === 'ok') this.#sessions++;
    }
    if (standing.handoffFrom !== undefined) this.#handoffs++;
    if (operation.resent === true) this.#resent++;
    this.#ages.ended(operation, standing);
    if (operation.late !== undefined) this.#intended++;
    this.#first = Math.min(this.#first, operation.call);
    this.#last = Math.max(this.#last, operation.return ?? operation.call);
    if (operation.outcome === 'ok') {
      if (this.#faults.open === 0) this.#latencies.ended(operation);
    } else if (operation.signedIn !== 'out') this.#failed(operation);
    const { instance, source, cohort } = operation;
    if (instance === undefined) return;
    this.#served(instance, standing.firstContact, cohort);
    if (source !== undefined) this.#named.set(source, (this.#named.get(source) ?? 0) + 1);
  }

  /** Counts a failed operation. Signed-out responses are counted by the checks. */
  #failed({ status, note }: Operation): void {
    const how = status === undefined ? (note ?? 'no answer') : String(status);
    this.#failures.set(how, (this.#failures.get(how) ?? 0) + 1);
  }

  #served(instance: string, firstContact: boolean, version: string | undefined): void {
    const of = getOrInsert(this.#instances, instance, noRequests);
    of.requests++;
    if (firstContact) of.sessions++;
    if (version !== undefined && of.versions?.includes(version) !== true)
      of.versions = [...(of.versions ?? []), version];
  }

  finish(): Tally {
    const { ok, fail, info } = this.#outcomes;
    const ages = this.#ages.finish();
    const known = [...this.#instances.values()].reduce((sum, of) => sum + of.requests, 0);
    return {
      operations: ok + fail + info,
      ok,
      fail,
      info,
      sessions: this.#sessions,
      users: this.#users.size,
      handoffs: this.#handoffs,
      resent: this.#resent,
      duration: this.#last > this.#first ? this.#last - this.#first : 0,
      failures: Object.fromEntries(this.#failures),
      instances: [...this.#instances]
        .map(([instance, of]) => ({ instance, ...of, share: of.requests / known }))
        .sort((a, b) => (a.instance < b.instance ? -1 : 1)),
      ...(this.#named.size === 0 ? {} : { namedBy: Object.fromEntries(this.#named) }),
      ...(this.#intended === 0 ? {} : { intended: this.#intended }),
      latency: this.#latencies.finish(),
      ...(ages === undefined ? {} : { ages }),
    };
  }
}
