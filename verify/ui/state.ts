/** Holds what the timeline shows: time range, sessions, filters and the chosen request. */
import type { AnomalyMark, Facts } from '../reports/view/chunk.ts';
import { type Data, failed, is, type Op, type ShownSession, signedOut } from './data.ts';

export interface Filters {
  text: string;
  instance: string;
  status: string;
  guarantee: string;
}

export class ViewState {
  readonly data: Data;
  readonly facts: Facts;
  from = 0;
  until = 1;
  /**
   * The shown sessions. Sessions with an anomaly come first, by the time of their anomaly. The rest follow by their
   * number of requests.
   */
  rows: ShownSession[] = [];
  filters: Filters = { text: '', instance: '', status: '', guarantee: '' };
  /** The sessions that the reader has chosen. An empty list shows all sessions. */
  focus: ShownSession[] = [];
  chosen: Op | undefined;
  /** Called after each change, to draw the page again. */
  onChange: () => void = () => {};

  constructor(data: Data, facts: Facts) {
    this.data = data;
    this.facts = facts;
  }

  all(): void {
    this.focus = [];
    this.select();
    if (this.data.count === 0) return;
    const margin = (this.data.until - this.data.from) * 0.01;
    this.show(this.data.from - margin, this.data.until + margin);
  }

  /** Shows a time range within the run, of at least 20 µs. */
  show(from: number, until: number): void {
    const { from: first, until: last } = this.data;
    const margin = (last - first) * 0.02 + 1000;
    const length = Math.min(Math.max(until - from, 20), last - first + 2 * margin);
    this.from = Math.min(Math.max(from, first - margin), last + margin - length);
    this.until = this.from + length;
    this.onChange();
  }

  /** @param at point of the timeline that keeps its position: 0 is the start of the shown time, 1 is its end */
  zoom(factor: number, at = 0.5): void {
    const middle = this.from + (this.until - this.from) * at;
    this.show(middle - (middle - this.from) * factor, middle + (this.until - middle) * factor);
  }

  /** @param share distance as a share of the shown time range; to the left if negative */
  pan(share: number): void {
    const by = (this.until - this.from) * share;
    this.show(this.from + by, this.until + by);
  }

  select(): void {
    const broken = new Map<string, number>();
    for (const mark of this.facts.anomalies)
      if (this.filters.guarantee === '' || mark.guarantee === this.filters.guarantee)
        for (const name of mark.sessions) broken.set(name, Math.min(broken.get(name) ?? mark.at, mark.at));
    const rank = ({ name }: ShownSession): number => broken.get(name) ?? Number.POSITIVE_INFINITY;
    const { text, instance, status, guarantee } = this.filters;
    const any = text === '' && instance === '' && status === '';
    const from = this.focus.length > 0 ? this.focus : this.data.sessions;
    this.rows = from
      .filter(session => session.ops.length > 0)
      .filter(session => guarantee === '' || broken.has(session.name))
      .filter(session => any || session.ops.some(op => this.matches(op)))
      .map(session => ({ session, rank: rank(session), count: session.ops.length }))
      .sort((a, b) => (a.rank === b.rank ? b.count - a.count : a.rank - b.rank))
      .map(({ session }) => session);
    this.onChange();
  }

  matches(op: Op): boolean {
    const { text, instance, status } = this.filters;
    if (instance !== '' && op.instance !== instance) return false;
    if (status !== '' && statusOf(op) !== status) return false;
    if (text === '') return true;
    const { name, user } = op.session;
    return [name, user, op.path, op.action, op.request, op.object].some(part =>
      part.toLowerCase().includes(text.toLowerCase()),
    );
  }

  /** Shows the sessions of an anomaly, at the time of its requests. */
  anomaly(mark: AnomalyMark): void {
    this.filters = { text: '', instance: '', status: '', guarantee: '' };
    this.chosen = this.data.requests.get(mark.request);
    const names = new Set(mark.sessions);
    const sessions = this.data.sessions.filter(({ name }) => names.has(name));
    this.focus = [...sessions, ...this.#shownInstead(mark, names)];
    this.focus.length = Math.min(this.focus.length, 8);
    this.select();
    const margin = Math.max((mark.until - mark.from) * 0.2, 2000);
    this.show(mark.from - margin, mark.until + margin);
  }

  /** If the chosen request got another user's page, returns the session of this user that is nearest in time. */
  #shownInstead({ from, until }: AnomalyMark, names: ReadonlySet<string>): ShownSession[] {
    const other = this.chosen?.sawUser ?? '';
    if (other === '' || other === this.chosen?.session.user) return [];
    const away = ({ ops }: ShownSession): number =>
      Math.min(...ops.map(op => Math.max(op.call - until, from - op.end, 0)));
    return this.data.sessions
      .filter(({ name, user, ops }) => user === other && ops.length > 0 && !names.has(name))
      .sort((a, b) => away(a) - away(b))
      .slice(0, 1);
  }

  follow(session: ShownSession): void {
    this.focus = [session];
    const [first] = session.ops;
    this.select();
    if (first === undefined) return;
    const last = Math.max(...session.ops.map(op => (Number.isFinite(op.end) ? op.end : op.call)));
    const margin = (last - first.call) * 0.03 + 1000;
    this.show(first.call - margin, last + margin);
  }

  choose(op: Op | undefined): void {
    this.chosen = op;
    if (op !== undefined && (op.call > this.until || op.end < this.from)) {
      const half = (this.until - this.from) / 2;
      this.show(op.call - half, op.call + half);
    } else this.onChange();
  }
}

/** Returns a text for the filter "Status", such as `signed out` or `server error`. */
export function statusOf(op: Op): string {
  if (signedOut(op)) return 'signed out';
  if (op.status === 0) return 'no response';
  if (failed(op)) return 'server error';
  return is(op, 'fail') ? 'refused' : 'success';
}
