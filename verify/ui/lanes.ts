/** Draws the sessions as lanes, and finds the request at a point. */
import { failed, firstFrom, is, type Op, type ShownSession, signedOut } from './data.ts';
import { type Paint, paintOf, prepared, ticks, timeText } from './paint.ts';
import type { ViewState } from './state.ts';

/** Height of the names of faults, and of the times below them. */
const HEADS = { fault: 20, time: 20 };
/** Maximum number of lines of requests that overlap, in a tall lane. */
const LINES = 4;

/** A visible bar, to find it by a point. */
interface Bar {
  op: Op;
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Lanes {
  readonly #state: ViewState;
  readonly #scroller: HTMLElement;
  readonly #sheet: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  #bars: Bar[] = [];
  #width = 0;
  #paint: Paint = paintOf();

  constructor(state: ViewState, scroller: HTMLElement, sheet: HTMLElement, canvas: HTMLCanvasElement) {
    this.#state = state;
    this.#scroller = scroller;
    this.#sheet = sheet;
    this.#canvas = canvas;
  }

  /** Width of the names of the sessions, in pixels. */
  get names(): number {
    return this.#width < 560 ? 76 : 150;
  }

  get #lane(): number {
    const { length } = this.#state.rows;
    return length <= 4 ? 76 : length <= 12 ? 34 : 20;
  }

  /** Height of the part above the lanes. */
  get #axis(): number {
    return HEADS.time + (this.#state.data.faults.length > 0 ? HEADS.fault : 0);
  }

  /** Returns the horizontal position of a time. */
  x(time: number): number {
    const { from, until } = this.#state;
    return this.names + ((time - from) / (until - from)) * (this.#width - this.names);
  }

  /** Returns the share of the shown time at a position, 0 to 1. */
  share(x: number): number {
    return Math.min(1, Math.max(0, (x - this.names) / (this.#width - this.names)));
  }

  draw(): void {
    const { rows } = this.#state;
    const lane = this.#lane;
    this.#paint = paintOf();
    this.#sheet.style.height = `${this.#axis + rows.length * lane + 4}px`;
    this.#width = this.#sheet.clientWidth;
    const height = Math.min(this.#scroller.clientHeight, this.#axis + rows.length * lane + 4);
    const context = prepared(this.#canvas, this.#width, height);
    const top = this.#scroller.scrollTop;
    this.#bars = [];
    this.#background(context, height);
    context.save();
    context.beginPath();
    context.rect(0, this.#axis, this.#width, height - this.#axis);
    context.clip();
    const first = Math.floor(top / lane);
    for (let i = first; i < rows.length && this.#axis + i * lane - top < height; i++) {
      const session = rows[i];
      if (session !== undefined) this.#row(context, session, this.#axis + i * lane - top, lane);
    }
    this.#anomalies(context);
    context.restore();
  }

  /** Draws the axis, and bands for faults. */
  #background(context: CanvasRenderingContext2D, height: number): void {
    const { from, until, data } = this.#state;
    const paint = this.#paint;
    context.save();
    context.beginPath();
    context.rect(this.names, 0, this.#width - this.names, height);
    context.clip();
    for (const { title, begin, end = data.until } of data.faults) {
      const [x, to] = [this.x(begin), this.x(end)];
      context.fillStyle = paint.band;
      context.fillRect(x, 0, Math.max(2, to - x), height);
      context.fillStyle = paint.warn;
      context.fillText(title, Math.max(x, this.names) + 4, 10);
    }
    const { step, at } = ticks(from, until, (this.#width - this.names) / 90);
    for (const time of at) {
      context.fillStyle = paint.line;
      context.fillRect(this.x(time), this.#axis - HEADS.time, 1, height);
      context.fillStyle = paint.dim;
      context.fillText(timeText(time, step), this.x(time) + 4, this.#axis - 11);
    }
    context.restore();
  }

  #row(context: CanvasRenderingContext2D, session: ShownSession, y: number, lane: number): void {
    const paint = this.#paint;
    context.fillStyle = paint.line;
    context.fillRect(0, y + lane - 1, this.#width, 1);
    context.save();
    context.beginPath();
    context.rect(this.names, y, this.#width - this.names, lane);
    context.clip();
    this.#requests(context, session, y, lane);
    for (const { reason, at } of session.ends)
      if (reason !== 'logout' && reason !== 'over') this.#cross(context, this.x(at), y, lane);
    context.restore();
    context.save();
    context.beginPath();
    context.rect(0, y, this.names - 6, lane);
    context.clip();
    context.fillStyle = this.#state.facts.anomalies.some(({ session: name }) => name === session.name)
      ? paint.bad
      : paint.text;
    context.fillText(session.name, 4, y + (lane > 30 ? lane / 2 - 8 : lane / 2));
    context.fillStyle = paint.dim;
    if (lane > 30) context.fillText(session.user, 4, y + lane / 2 + 8);
    else context.fillText(session.user, 10 + context.measureText(session.name).width, y + lane / 2);
    context.restore();
  }

  #requests(context: CanvasRenderingContext2D, session: ShownSession, y: number, lane: number): void {
    const { from, until, data, facts } = this.#state;
    const instances = data.instances;
    const proofs = new Set(facts.anomalies.map(({ request }) => request));
    const tall = lane > 60;
    const parts = tall ? LINES : instances.length > 4 || instances.length === 0 ? 1 : instances.length;
    const height = (lane - 4) / parts;
    const ends: number[] = [];
    const { ops } = session;
    // A request that began earlier may last into the shown time. In the other lanes one instance hides no other one.
    const start = Math.max(0, firstFrom(ops, from) - 50);
    const drawn = new Array<number>(instances.length + 1).fill(Number.NEGATIVE_INFINITY);
    for (let i = start; i < ops.length; i++) {
      const op = ops[i] as Op;
      if (op.call > until) break;
      let part = 0;
      if (tall) {
        part = ends.findIndex(end => end < op.call);
        if (part < 0) part = Math.min(ends.length, LINES - 1);
        ends[part] = op.end;
      }
      if (op.end < from) continue;
      const of = instances.indexOf(op.instance);
      if (!tall && parts > 1) part = Math.max(0, of);
      const x = Math.max(this.x(op.call), this.names - 2);
      const to = Math.min(this.x(op.end), this.#width + 2);
      // Several requests in one pixel look like one. A request that broke a guarantee is drawn always, for its mark.
      const shown = failed(op) || op === this.#state.chosen || proofs.has(op.request);
      if (!tall && to < (drawn[of + 1] ?? 0) + 0.5 && !shown) continue;
      drawn[of + 1] = to;
      this.#bar(
        context,
        { op, x, y: y + 2 + part * height, width: Math.max(1.5, to - x), height: height - 1 },
        of,
      );
    }
  }

  #bar(context: CanvasRenderingContext2D, bar: Bar, instance: number): void {
    const { op, x, y, width, height } = bar;
    const paint = this.#paint;
    this.#bars.push(bar);
    context.globalAlpha = this.#state.matches(op) ? 1 : 0.2;
    context.fillStyle = failed(op) ? paint.bad : paint.instance(instance);
    context.fillRect(x, y, width, height);
    if (signedOut(op)) {
      context.fillStyle = paint.text;
      context.fillRect(x, y + height - 3, width, 3);
    }
    if (width > 5) this.#mark(context, bar);
    if (width > 46 && height > 11) {
      context.fillStyle = paint.card;
      const words = `${op.action}${op.with === '' ? '' : ` (${op.with})`} ${op.status || op.note}`;
      if (context.measureText(words).width < width - 12) context.fillText(words, x + 12, y + height / 2);
    }
    context.globalAlpha = 1;
    if (op !== this.#state.chosen) return;
    context.strokeStyle = paint.text;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, width + 2, height + 2);
  }

  /** Draws the mark of a login, a logout or a new cookie at the begin of a bar. */
  #mark(context: CanvasRenderingContext2D, { op, x, y, height }: Bar): void {
    const middle = y + height / 2;
    const points: Record<string, [number, number][]> = {
      login: [
        [1, 4],
        [8, 4],
        [4.5, -4],
      ],
      logout: [
        [1, -4],
        [8, -4],
        [4.5, 4],
      ],
      cookie: [
        [1, 0],
        [4, -3],
        [7, 0],
        [4, 3],
      ],
    };
    const kind =
      op.action === 'login'
        ? 'login'
        : op.action.startsWith('logout')
          ? 'logout'
          : is(op, 'cookie')
            ? 'cookie'
            : '';
    const shape = points[kind];
    if (shape === undefined) return;
    context.fillStyle = this.#paint.card;
    context.beginPath();
    for (const [dx, dy] of shape) context.lineTo(x + dx, middle + dy);
    context.fill();
  }

  /** Draws the mark of a session that was lost or expired. */
  #cross(context: CanvasRenderingContext2D, x: number, y: number, lane: number): void {
    context.strokeStyle = this.#paint.bad;
    context.lineWidth = 2;
    const half = Math.min(5, lane / 4);
    const middle = y + lane / 2;
    context.beginPath();
    context.moveTo(x - half, middle - half);
    context.lineTo(x + half, middle + half);
    context.moveTo(x + half, middle - half);
    context.lineTo(x - half, middle + half);
    context.stroke();
  }

  /** Outlines the requests that broke a guarantee, and draws their time through the axis. */
  #anomalies(context: CanvasRenderingContext2D): void {
    const { data, facts, filters } = this.#state;
    context.strokeStyle = this.#paint.bad;
    for (const mark of facts.anomalies) {
      if (filters.guarantee !== '' && mark.guarantee !== filters.guarantee) continue;
      const op = data.requests.get(mark.request);
      const bar = this.#bars.find(one => one.op === op);
      const x = this.x(mark.at);
      if (bar === undefined || x < this.names) continue;
      context.lineWidth = 2;
      context.fillStyle = this.#paint.bad;
      context.strokeRect(bar.x - 2, bar.y - 2, bar.width + 4, bar.height + 4);
      context.font = 'bold 11px system-ui, sans-serif';
      const width = context.measureText(mark.name).width + 8;
      const left = Math.min(bar.x + bar.width + 2, this.#width - width - 2);
      const middle = bar.y + bar.height / 2;
      context.fillRect(left, middle - 8, width, 16);
      context.fillStyle = this.#paint.card;
      context.fillText(mark.name, left + 4, middle);
      context.font = '12px system-ui, sans-serif';
    }
  }

  /** Returns the request at a point of the canvas, or the nearest one within a few pixels. */
  at(x: number, y: number): Op | undefined {
    let best: Bar | undefined;
    let least = 7;
    for (const bar of this.#bars) {
      if (y < bar.y - 2 || y > bar.y + bar.height + 2) continue;
      const away = Math.max(bar.x - x, x - bar.x - bar.width, 0);
      if (away < least) [best, least] = [bar, away];
    }
    return best?.op;
  }

  /** Returns the session whose name is at a point. */
  nameAt(x: number, y: number): ShownSession | undefined {
    if (x > this.names || y < this.#axis) return undefined;
    return this.#state.rows[Math.floor((y - this.#axis + this.#scroller.scrollTop) / this.#lane)];
  }

  /** Scrolls so that the lane of a session is visible. */
  reveal(session: ShownSession): void {
    const at = this.#state.rows.indexOf(session) * this.#lane;
    const { scrollTop, clientHeight } = this.#scroller;
    if (at < scrollTop || at + this.#lane > scrollTop + clientHeight - this.#axis)
      this.#scroller.scrollTop = Math.max(0, at - clientHeight / 3);
  }
}
