/** Decodes the requests of a run, and finds the requests of a session or of a moment. */
import {
  type Chunk,
  COLUMNS,
  type Column,
  type FaultBand,
  FLAGS,
  OWN,
  type Plots,
  UNIT,
} from '../reports/view/chunk.ts';
import { signed, unpack } from '../reports/view/columns.ts';

/** A request. Times are microseconds; `end` is infinite if the request never returned. */
export interface Op {
  call: number;
  end: number;
  session: ShownSession;
  instance: string;
  action: string;
  path: string;
  note: string;
  object: string;
  with: string;
  source: string;
  sawUser: string;
  detail: string;
  status: number;
  state: number;
  request: string;
}

export interface ShownSession {
  name: string;
  user: string;
  /** Sorted by their calls. */
  ops: Op[];
  ends: { reason: string; at: number }[];
}

export const is = (op: Op, flag: keyof typeof FLAGS): boolean => (op.state & FLAGS[flag]) !== 0;

/** Returns true if the request got no response, or an error of a server. */
export const failed = (op: Op): boolean => (op.status === 0 && op.note !== 'aborted') || op.status >= 500;

/** Returns true if the own cookie of the session was not honoured. */
export const signedOut = (op: Op): boolean => is(op, 'out') && op.with === '';

export class Data {
  /** Name of the run: the request ids begin with it. */
  run: string;
  readonly sessions: ShownSession[] = [];
  readonly requests = new Map<string, Op>();
  faults: FaultBand[] = [];
  plots: Plots | undefined;
  /** Time of the first call and of the last return, microseconds. */
  from = Number.POSITIVE_INFINITY;
  until = 0;
  count = 0;
  readonly #texts: string[] = [];
  #call = 0;
  #number = 0;

  constructor(run: string) {
    this.run = run;
  }

  /** Adds a chunk: its length as four bytes, its JSON, then its columns. */
  add(bytes: Uint8Array): void {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const chunk = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Chunk;
    const { count, widths, texts, sessions, ends, faults, plots } = chunk;
    this.#texts.push(...texts);
    for (const [name, user] of sessions) this.sessions.push({ name, user, ops: [], ends: [] });
    const columns = unpack(bytes.subarray(4 + length), widths, count);
    const changed = new Set<ShownSession>();
    for (let i = 0; i < count; i++) {
      const op = this.#op(column => columns[COLUMNS.indexOf(column)]?.[i] ?? 0);
      op.session.ops.push(op);
      this.requests.set(op.request, op);
      changed.add(op.session);
      this.from = Math.min(this.from, op.call);
      this.until = Math.max(this.until, op.end === Number.POSITIVE_INFINITY ? op.call : op.end);
    }
    for (const session of changed) session.ops.sort((a, b) => a.call - b.call);
    for (const [session, reason, at] of ends) this.sessions[session]?.ends.push({ reason, at });
    this.count += count;
    this.faults = faults;
    this.plots = plots;
    for (const { begin, end = begin } of faults) this.until = Math.max(this.until, end);
  }

  #op(value: (column: Column) => number): Op {
    const text = (column: Column): string => this.#texts[value(column)] ?? '';
    this.#call += signed(value('call'));
    this.#number += signed(value('number'));
    const [length, group] = [value('length'), value('group')];
    const session = this.sessions[value('session')] as ShownSession;
    const sawUser = text('sawUser');
    return {
      call: this.#call * UNIT,
      end: length === 0 ? Number.POSITIVE_INFINITY : (this.#call + length - 1) * UNIT,
      session,
      ...{ instance: text('instance'), action: text('action'), path: text('path'), note: text('note') },
      ...{
        object: objectOf(text('object'), session),
        with: text('with'),
        source: text('source'),
        sawUser: sawUser === OWN ? session.user : sawUser,
      },
      ...{ detail: text('detail'), status: value('status'), state: value('state') },
      request: `${this.run}-${group === 0 ? '' : `${group - 1}-`}${this.#number}`,
    };
  }

  /** Returns the names of the instances, sorted. */
  get instances(): string[] {
    return this.plots?.instances.filter(name => name !== '') ?? [];
  }
}

const objectOf = (object: string, { name, user }: ShownSession): string =>
  object.endsWith('@@') ? object.slice(0, -1) + user : object.endsWith('@') ? object + name : object;

/** Returns the index of the first request of a sorted list that was called at a time or later. */
export function firstFrom(ops: readonly Op[], time: number): number {
  let [low, high] = [0, ops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ops[middle]?.call ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Decodes base64, and inflates it. */
export async function inflate(text: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(text), character => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
