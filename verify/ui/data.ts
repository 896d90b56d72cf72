/** Decodes the requests of a run, and finds the requests of a session at a given time. */
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

/** A request with its times, microseconds. `end` is infinite if the request never returned. */
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
  /** Line in the session's lane: the first line on which the request overlaps no earlier one. */
  line: number;
  /** Time at which this request and all earlier requests of the session have ended, microseconds. */
  reach: number;
}

export interface ShownSession {
  name: string;
  user: string;
  /** Requests of the session in the order of their calls. */
  ops: Op[];
  ends: { reason: string; at: number }[];
}

export const is = (op: Op, flag: keyof typeof FLAGS): boolean => (op.state & FLAGS[flag]) !== 0;

/** Returns whether the request got no response, or a status of 500 or more. */
export const failed = (op: Op): boolean => (op.status === 0 && op.note !== 'aborted') || op.status >= 500;

/** Returns whether the app did not honour the session, although the client sent the current cookie. */
export const signedOut = (op: Op): boolean => is(op, 'out') && op.with === '';

type Columns = Record<Column, Float64Array>;

export class Data {
  /** Name of the run, with which all its request ids begin. */
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

  /** @param bytes length of the JSON (4 bytes), the JSON, and the columns */
  add(bytes: Uint8Array): void {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const chunk = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Chunk;
    const { count, widths, texts, sessions, ends, faults, plots } = chunk;
    this.#texts.push(...texts);
    for (const [name, user] of sessions) this.sessions.push({ name, user, ops: [], ends: [] });
    const unpacked = unpack(bytes.subarray(4 + length), widths, count);
    const columns = Object.fromEntries(COLUMNS.map((name, i) => [name, unpacked[i]])) as Columns;
    const changed = new Set<ShownSession>();
    for (let i = 0; i < count; i++) {
      const op = this.#op(columns, i);
      op.session.ops.push(op);
      this.requests.set(op.request, op);
      changed.add(op.session);
      this.from = Math.min(this.from, op.call);
      this.until = Math.max(this.until, op.end === Number.POSITIVE_INFINITY ? op.call : op.end);
    }
    for (const session of changed) layOut(session);
    for (const [session, reason, at] of ends) this.sessions[session]?.ends.push({ reason, at });
    this.count += count;
    this.faults = faults;
    this.plots = plots;
    for (const { begin, end = begin } of faults) this.until = Math.max(this.until, end);
  }

  #op(columns: Columns, i: number): Op {
    const value = (column: Column): number => columns[column][i] ?? 0;
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
      instance: text('instance'),
      action: text('action'),
      path: text('path'),
      note: text('note'),
      object: objectOf(text('object'), session),
      with: text('with'),
      source: text('source'),
      sawUser: sawUser === OWN ? session.user : sawUser,
      detail: text('detail'),
      status: value('status'),
      state: value('state'),
      request: `${this.run}-${group === 0 ? '' : `${group - 1}-`}${this.#number}`,
      line: 0,
      reach: 0,
    };
  }

  get instances(): string[] {
    return this.plots?.instances.filter(name => name !== '') ?? [];
  }
}

const objectOf = (object: string, { name, user }: ShownSession): string =>
  object.endsWith('@@') ? object.slice(0, -1) + user : object.endsWith('@') ? object + name : object;

/** Number of lines in a tall lane. More overlapping requests share the last line. */
export const LINES = 4;

function layOut({ ops }: ShownSession): void {
  ops.sort((a, b) => a.call - b.call);
  const ends: number[] = [];
  let reach = 0;
  for (const op of ops) {
    const free = ends.findIndex(end => end < op.call);
    op.line = free >= 0 ? free : Math.min(ends.length, LINES - 1);
    ends[op.line] = op.end;
    reach = Math.max(reach, op.end);
    op.reach = reach;
  }
}

/** Returns the index of the first request that may be in flight at a time. */
export function firstUntil(ops: readonly Op[], time: number): number {
  let [low, high] = [0, ops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ops[middle]?.reach ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Decodes base64 and decompresses the result. */
export async function inflate(text: string): Promise<Uint8Array> {
  const packed = atob(text);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
