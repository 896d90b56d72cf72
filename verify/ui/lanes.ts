/** Draws the timeline, with a lane for each session, and finds the request under the pointer. */
import { type Bar, Sheet } from './bars.ts';
import type { Op, ShownSession } from './data.ts';
import { density, FONT, Kept, type Paint, paintOf, prepared, ticks, timeText } from './paint.ts';
import type { ViewState } from './state.ts';

/** Heights of the rows above the lanes, CSS pixels. */
const HEADS = { fault: 20, time: 20 };

export class Lanes {
  readonly #state: ViewState;
  readonly #scroller: HTMLElement;
  readonly #sheet: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #kept = new Kept<Sheet>();
  #drawn: Sheet | undefined;
  /** Visible bars of requests that broke a guarantee. They are drawn last, on top of the rest. */
  #marked: Bar[] = [];
  /** Position of the drawing's top left corner on the canvas, CSS pixels. The drawing shows the whole run. */
  #offset = { x: 0, y: 0 };
  #width = 0;
  #paint: Paint = paintOf();

  constructor(state: ViewState, scroller: HTMLElement, sheet: HTMLElement, canvas: HTMLCanvasElement) {
    this.#state = state;
    this.#scroller = scroller;
    this.#sheet = sheet;
    this.#canvas = canvas;
  }

  get names(): number {
    return this.#width < 560 ? 76 : 150;
  }

  get #lane(): number {
    const { length } = this.#state.rows;
    return length <= 4 ? 76 : length <= 12 ? 34 : 20;
  }

  get #axis(): number {
    return HEADS.time + (this.#state.data.faults.length > 0 ? HEADS.fault : 0);
  }

  /**
   * Width of a microsecond, CSS pixels. Rounding keeps it constant while the reader pans, so that the drawing can be
   * reused.
   */
  get #unit(): number {
    const { from, until } = this.#state;
    return Number(((this.#width - this.names) / (until - from)).toPrecision(9));
  }

  /** Returns the horizontal position of a time, CSS pixels. */
  x(time: number): number {
    return this.names + (time - this.#state.from) * this.#unit;
  }

  /** Returns a position as a share of the shown time range: 0 is the range's start, 1 its end. */
  share(x: number): number {
    return Math.min(1, Math.max(0, (x - this.names) / (this.#width - this.names)));
  }

  draw(): void {
    const { rows, from, filters, data, facts } = this.#state;
    const lane = this.#lane;
    const paint = paintOf();
    this.#paint = paint;
    this.#sheet.style.height = `${this.#axis + rows.length * lane + 4}px`;
    this.#width = this.#sheet.clientWidth;
    const height = Math.min(this.#scroller.clientHeight, this.#axis + rows.length * lane + 4);
    const context = prepared(this.#canvas, this.#width, height);
    const unit = this.#unit;
    const inputs = [unit, lane, rows, filters, data.count, facts.anomalies, paint.page, density()];
    const sheet = this.#kept.get(inputs, () => new Sheet(this.#state, paint, unit, lane));
    this.#drawn = sheet;
    const part = {
      x: from * unit,
      y: this.#scroller.scrollTop,
      width: this.#width - this.names,
      height: height - this.#axis,
    };
    this.#offset = { x: this.names - part.x, y: this.#axis - part.y };
    this.#background(context, height);
    this.#inside(context, 0, this.#axis, this.#width, part.height, () => this.#rows(context, part));
    this.#inside(context, this.names, this.#axis, part.width, part.height, () => {
      sheet.copy(context, part, this.names, this.#axis);
      this.#chosen(context, sheet);
      this.#anomalies(context, sheet);
    });
  }

  #inside(
    context: CanvasRenderingContext2D,
    x: number,
    y: number,
    width: number,
    height: number,
    draw: () => void,
  ): void {
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    draw();
    context.restore();
  }

  #background(context: CanvasRenderingContext2D, height: number): void {
    const { from, until, data } = this.#state;
    const paint = this.#paint;
    this.#inside(context, this.names, 0, this.#width - this.names, height, () => {
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
    });
  }

  #rows(context: CanvasRenderingContext2D, part: { y: number; height: number }): void {
    const { rows, facts } = this.#state;
    const lane = this.#lane;
    const paint = this.#paint;
    const broken = new Set(facts.anomalies.map(({ session }) => session));
    for (let i = Math.floor(part.y / lane); i < rows.length && i * lane < part.y + part.height; i++) {
      const { name, user } = rows[i] as ShownSession;
      const y = i * lane + this.#offset.y;
      context.fillStyle = paint.line;
      context.fillRect(0, y + lane - 1, this.#width, 1);
      this.#inside(context, 0, y, this.names - 6, lane, () => {
        context.fillStyle = broken.has(name) ? paint.bad : paint.text;
        context.fillText(name, 4, y + (lane > 30 ? lane / 2 - 8 : lane / 2));
        context.fillStyle = paint.dim;
        if (lane > 30) context.fillText(user, 4, y + lane / 2 + 8);
        else context.fillText(user, 10 + context.measureText(name).width, y + lane / 2);
      });
    }
  }

  #bar(sheet: Sheet, op: Op | undefined): Bar | undefined {
    const row = op === undefined ? -1 : this.#state.rows.indexOf(op.session);
    return op === undefined || row < 0 ? undefined : sheet.bar(op, row);
  }

  /**
   * Draws a frame around a bar, and returns the bar's position on the canvas.
   *
   * @param away distance between bar and frame, CSS pixels
   */
  #outline(
    context: CanvasRenderingContext2D,
    bar: Bar,
    away: number,
  ): { left: number; middle: number; right: number } {
    const left = Math.max(bar.x + this.#offset.x, -9);
    const right = Math.min(bar.x + bar.width + this.#offset.x, this.#width + 9);
    const y = bar.y + this.#offset.y;
    context.lineWidth = 2;
    context.strokeRect(left - away, y - away, right - left + 2 * away, bar.height + 2 * away);
    return { left, right, middle: y + bar.height / 2 };
  }

  #chosen(context: CanvasRenderingContext2D, sheet: Sheet): void {
    const bar = this.#bar(sheet, this.#state.chosen);
    if (bar === undefined) return;
    context.strokeStyle = this.#paint.text;
    this.#outline(context, bar, 1);
  }

  #anomalies(context: CanvasRenderingContext2D, sheet: Sheet): void {
    const { data, facts, filters } = this.#state;
    this.#marked = [];
    context.strokeStyle = this.#paint.bad;
    context.font = `bold ${FONT.replace('12', '11')}`;
    for (const mark of facts.anomalies) {
      if (filters.guarantee !== '' && mark.guarantee !== filters.guarantee) continue;
      const bar = this.#bar(sheet, data.requests.get(mark.request));
      const x = (bar?.x ?? 0) + this.#offset.x;
      if (bar === undefined || x + bar.width < this.names || x > this.#width) continue;
      this.#marked.push(bar);
      const { right, middle: at } = this.#outline(context, bar, 2);
      const middle = Math.max(at, this.#axis + 8);
      const width = context.measureText(mark.name).width + 8;
      const left = Math.min(right + 2, this.#width - width - 2);
      context.fillStyle = this.#paint.bad;
      context.fillRect(left, middle - 8, width, 16);
      context.fillStyle = this.#paint.card;
      context.fillText(mark.name, left + 4, middle);
    }
  }

  /** Returns the request at a point, or the nearest request of the lane within a few pixels. */
  at(x: number, y: number): Op | undefined {
    const [there, row] = [x - this.#offset.x, y - this.#offset.y];
    let best: Bar | undefined;
    let least = 7;
    for (const bar of [...this.#marked, ...(this.#drawn?.bars ?? [])]) {
      if (row < bar.y - 2 || row > bar.y + bar.height + 2) continue;
      const away = Math.max(bar.x - there, there - bar.x - bar.width, 0);
      if (away < least) [best, least] = [bar, away];
    }
    return best?.op;
  }

  /** Returns the session whose name is at this point. */
  nameAt(x: number, y: number): ShownSession | undefined {
    if (x > this.names || y < this.#axis) return undefined;
    return this.#state.rows[Math.floor((y - this.#offset.y) / this.#lane)];
  }

  reveal(session: ShownSession): void {
    const at = this.#state.rows.indexOf(session) * this.#lane;
    const { scrollTop, clientHeight } = this.#scroller;
    if (at < scrollTop || at + this.#lane > scrollTop + clientHeight - this.#axis)
      this.#scroller.scrollTop = Math.max(0, at - clientHeight / 3);
  }
}
