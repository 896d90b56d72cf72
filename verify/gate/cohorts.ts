/**
 * Tracks sessions across versions of an app. A session belongs to the version that served its login. All other versions
 * must honour the session, and accept its forms.
 */
import { getOrInsert } from '../core/get-or-insert.ts';
import type { Operation, Run } from '../core/history/history.ts';
import { isWrite } from '../core/objects/models.ts';
import { honoured, Sessions } from '../core/timeline/sessions.ts';

/** Counts of sessions that logged in on version `created`, and later sent requests to version `served`. */
export interface Crossing {
  readonly created: string;
  readonly served: string;
  readonly sessions: number;
  readonly lost: number;
  readonly requests: number;
  /** Time of the earliest of the last 20 requests, microseconds. Undefined if there were fewer than 20. */
  readonly since: number | undefined;
}

/** Counts of forms that version `page` sent and that clients submitted to version `served`. */
export interface Forms {
  readonly page: string;
  readonly served: string;
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Number of recent requests that a version must have served in sessions of another version, as evidence about the two.
 */
export const RECENT = 20;

interface Counted {
  sessions: Set<string>;
  lost: number;
  requests: number;
  recent: number[];
}

export class Cohorts {
  readonly #sessions: Sessions;
  /** Key: session; value: the version that served its login. */
  readonly #created = new Map<string, string>();
  /** Key: session; value: the version that sent the form that the client submits next. */
  readonly #pages = new Map<string, string>();
  readonly #crossings = new Map<string, Map<string, Counted>>();
  readonly #forms = new Map<string, Map<string, { accepted: number; refused: number }>>();
  readonly #versions: string[] = [];
  readonly #entered = new Set<string>();

  constructor(run: Run) {
    this.#sessions = new Sessions(run);
  }

  ended(operation: Operation): void {
    const { action, cohort, session } = operation;
    if (action === 'logout' || action === 'logout-all')
      this.#sessions.started({ ...operation, type: 'start' });
    const standing = this.#sessions.ended(operation);
    if (action === 'login') this.#entered.add(session);
    if (cohort === undefined || operation.with !== undefined) return;
    if (!this.#versions.includes(cohort)) this.#versions.push(cohort);
    const { login, lost } = standing.session;
    if (login === operation) this.#created.set(session, cohort);
    else if (standing.live) this.#crossed(operation, cohort, lost === operation);
    if (standing.live && isWrite(operation)) this.#sent(operation, cohort);
    if ((action === 'read' || action === 'form') && operation.status === 200)
      this.#pages.set(session, cohort);
  }

  #crossed(operation: Operation, served: string, lost: boolean): void {
    const created = this.#created.get(operation.session);
    if (created === undefined || (honoured(operation) === undefined && !lost)) return;
    const counted = within(this.#crossings, created, served, () => ({
      sessions: new Set<string>(),
      lost: 0,
      requests: 0,
      recent: [],
    }));
    counted.sessions.add(operation.session);
    counted.requests++;
    if (lost) counted.lost++;
    counted.recent.push(operation.return ?? operation.call);
    if (counted.recent.length > RECENT) counted.recent.shift();
  }

  #sent({ outcome, session, signedIn, status = 0 }: Operation, served: string): void {
    const page = this.#pages.get(session);
    if (page === undefined || signedIn === 'out') return;
    const counted = within(this.#forms, page, served, () => ({ accepted: 0, refused: 0 }));
    if (outcome === 'ok') counted.accepted++;
    else if (outcome === 'fail' && status >= 400 && status < 500 && status !== 429) counted.refused++;
  }

  /** Number of sessions that have tried to log in. */
  get entered(): number {
    return this.#entered.size;
  }

  /** The version that served the most logins. */
  get stable(): string | undefined {
    const counts = new Map<string, number>();
    for (const version of this.#created.values()) counts.set(version, (counts.get(version) ?? 0) + 1);
    return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
  }

  /** The new version: apart from the stable version, the last version to appear in responses. */
  get canary(): string | undefined {
    const { stable } = this;
    return this.#versions.findLast(version => version !== stable);
  }

  crossings(): Crossing[] {
    return flat(this.#crossings).map(([created, served, { sessions, lost, requests, recent }]) => ({
      created,
      served,
      sessions: sessions.size,
      lost,
      requests,
      since: recent.length < RECENT ? undefined : recent[0],
    }));
  }

  forms(): Forms[] {
    return flat(this.#forms).map(([page, served, counts]) => ({ page, served, ...counts }));
  }
}

function within<T>(map: Map<string, Map<string, T>>, first: string, second: string, make: () => T): T {
  return getOrInsert(
    getOrInsert(map, first, () => new Map<string, T>()),
    second,
    make,
  );
}

const flat = <T>(map: ReadonlyMap<string, ReadonlyMap<string, T>>): [string, string, T][] =>
  [...map].flatMap(([first, inner]) =>
    [...inner].map(([second, value]): [string, string, T] => [first, second, value]),
  );
