/**
 * Collects the requests of a run for the timeline and plots of the HTML report. The class acts as a check, so that the
 * judge passes all events to it.
 */
import type { Check, Conclusion, Fold } from '../../core/checks/check.ts';
import { titleOf } from '../../core/faults/window.ts';
import type { Event, Fault, Operation } from '../../core/history/history.ts';
import type { Standing } from '../../core/timeline/sessions.ts';
import { printable } from '../printable.ts';
import {
  type AnomalyMark,
  type Chunk,
  COLUMNS,
  type Column,
  type FaultBand,
  FLAGS,
  OWN,
  UNIT,
} from './chunk.ts';
import { pack, unsigned } from './columns.ts';
import { PlotCounts } from './plots.ts';

/** Maximum number of requests in the timeline. The page then stays below 1 MB. */
const MOST = 100_000;
/** If a run has too many requests, the timeline shows those within this time of an anomaly or fault, microseconds. */
const AROUND = 1_000_000;
/** Maximum number of different texts, such as paths. Further texts become `…`. */
const TEXTS = 20_000;

export interface TimelineOptions {
  /** Name of the run, with which all its request ids begin. */
  run: string;
  /** Number of requests of the run; undefined during the run. */
  operations?: number;
  anomalies: readonly AnomalyMark[];
}

export class Timeline implements Fold {
  readonly #plots = new PlotCounts();
  readonly #options: TimelineOptions;
  readonly #broken: ReadonlySet<string>;
  readonly #texts = new Map<string, number>([
    ['', 0],
    ['…', 1],
  ]);
  readonly #sessions = new Map<string, number>();
  readonly #born = new Map<string, number>();
  readonly #faults = new Map<number, FaultBand>();
  #rows: Record<Column, number>[] = [];
  #news: Pick<Chunk, 'texts' | 'sessions' | 'ends'> = { texts: ['', '…'], sessions: [], ends: [] };
  #call = 0;
  #number = 0;
  #shown = 0;
  #left = 0;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#broken = new Set(options.anomalies.flatMap(({ sessions }) => sessions));
  }

  /** Returns a check that receives the events of the judge. Its verdict is never used. */
  get check(): Check {
    return { guarantee: 'evidence', assumes: '', minimum: '', start: () => this, conclude: () => NOTHING };
  }

  event(event: Event): void {
    if (event.type === 'fault') this.#fault(event);
    if (event.type !== 'session') return;
    if (event.event === 'born') {
      this.#born.set(event.session, event.at);
      this.#plots.session('born', event.at);
      return;
    }
    // Ignores the end of a session whose login is not in the history.
    if (!this.#born.delete(event.session)) return;
    const reason = event.reason ?? '';
    this.#plots.session('ended', event.at);
    if (reason === 'lost') this.#plots.session('lost', event.at);
    const session = this.#sessions.get(event.session);
    if (session !== undefined) this.#news.ends.push([session, printable(reason), event.at]);
  }

  #fault(fault: Fault): void {
    const { id, begin, end, did } = fault;
    const title = printable(titleOf(fault));
    if (!this.#faults.has(id)) this.#plots.part(`during ${title}`);
    else if (end !== undefined) this.#plots.part(`after ${title}`);
    this.#faults.set(id, {
      id,
      title,
      begin,
      ...(end === undefined ? {} : { end }),
      ...(did === undefined ? {} : { did: printable(did) }),
    });
  }

  ended(operation: Operation, { live, handoffFrom }: Standing): void {
    const born = this.#born.get(operation.session);
    this.#plots.ended(operation, live && born !== undefined ? operation.call - born : undefined);
    if (!this.#keeps(operation)) {
      this.#left++;
      return;
    }
    this.#shown++;
    this.#rows.push(this.#row(operation, handoffFrom !== undefined));
  }

  /**
   * Returns whether the timeline shows a request. A long run shows only sessions with an anomaly, and requests near an
   * anomaly or fault. Requests near faults take at most half of the space.
   */
  #keeps({ session, call, return: end = call }: Operation): boolean {
    const { operations = 0, anomalies } = this.#options;
    if (this.#shown >= MOST) return false;
    if (operations <= MOST || this.#broken.has(session)) return true;
    const near = (from: number, until = from): boolean => end >= from - AROUND && call <= until + AROUND;
    if (anomalies.some(({ from, until }) => near(from, until))) return true;
    return this.#shown < MOST / 2 && [...this.#faults.values()].some(fault => near(fault.begin, fault.end));
  }

  #row(operation: Operation, handoff: boolean): Record<Column, number> {
    const {
      call,
      return: end,
      outcome,
      signedIn,
      cookies = [],
      direct,
      status = 0,
      user,
      sawUser,
    } = operation;
    const [, group, number] =
      /(?:-(\d+))?-(\d+)$/.exec(operation.request.slice(this.#options.run.length)) ?? [];
    const start = Math.round(call / UNIT);
    return {
      call: start,
      length: end === undefined ? 0 : Math.max(0, Math.round(end / UNIT) - start) + 1,
      session: this.#session(operation),
      instance: this.#text(operation.instance),
      action: this.#text(operation.action),
      path: this.#text(operation.path),
      note: this.#text(operation.note),
      object: this.#text(objectOf(operation)),
      with: this.#text(operation.with),
      source: this.#text(operation.source),
      sawUser: this.#text(sawUser === user ? OWN : sawUser),
      detail: this.#text(this.#broken.has(operation.session) ? detailOf(operation) : undefined),
      status,
      state:
        (outcome === 'ok' ? 0 : FLAGS[outcome]) +
        (signedIn === undefined ? 0 : FLAGS[signedIn]) +
        (cookies.some(({ change }) => change === 'set') ? FLAGS.cookie : 0) +
        (cookies.some(({ change }) => change === 'deleted') ? FLAGS.deleted : 0) +
        (handoff ? FLAGS.handoff : 0) +
        (direct === true ? FLAGS.direct : 0),
      group: group === undefined ? 0 : Number(group) + 1,
      number: Number(number ?? operation.id),
    };
  }

  #session({ session, user }: Operation): number {
    let index = this.#sessions.get(session);
    if (index === undefined) {
      index = this.#sessions.size;
      this.#sessions.set(session, index);
      this.#news.sessions.push([printable(session), printable(user)]);
    }
    return index;
  }

  #text(text = ''): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= TEXTS) return this.#text('…');
    const index = this.#texts.size;
    this.#texts.set(text, index);
    this.#news.texts.push(printable(text));
    return index;
  }

  /** Returns the requests since the last call. */
  take(): { chunk: Chunk; bytes: Uint8Array } {
    // Sorts the requests by time, because small differences between consecutive times compress better.
    const rows = this.#rows.sort((a, b) => a.call - b.call);
    for (const row of rows) {
      const { call, number } = row;
      row.call = unsigned(call - this.#call);
      row.number = unsigned(number - this.#number);
      this.#call = call;
      this.#number = number;
    }
    const { widths, bytes } = pack(COLUMNS.map(name => rows.map(row => row[name])));
    const count = rows.length;
    const faults = [...this.#faults.values()];
    const chunk = { count, widths, ...this.#news, left: this.#left, faults, plots: this.#plots.take() };
    this.#rows = [];
    this.#news = { texts: [], sessions: [], ends: [] };
    return { chunk, bytes };
  }

  counts(): Record<string, never> {
    return {};
  }

  finish() {
    return { ...NOTHING, anomalies: [] };
  }
}

const NOTHING: Conclusion = { judgement: 'valid', rests: {}, finding: '', violations: 0 };

/** Returns `basket@` for `basket@s1`, because the page adds the session or user again. */
function objectOf({ object, session, user }: Operation): string | undefined {
  if (object?.endsWith(`@${session}`)) return object.slice(0, -session.length);
  return object?.endsWith(`@${user}`) ? `${object.slice(0, -user.length)}@` : object;
}

function detailOf({ value, saw }: Operation): string | undefined {
  const seen = saw === undefined ? [] : [`saw ${saw.length === 0 ? 'nothing' : saw.join(', ')}`];
  const parts = [...(value === undefined ? [] : [`wrote ${value}`]), ...seen];
  return parts.length === 0 ? undefined : parts.join('; ');
}
