/** Draws requests as bars on tiles. A tile is a small image that is reused when the reader pans or scrolls. */
import { failed, firstUntil, is, LINES, type Op, type ShownSession, signedOut } from './data.ts';
import { density, FONT, type Paint } from './paint.ts';
import type { ViewState } from './state.ts';

/** Width of a tile, device pixels, and its number of lanes. */
const TILE = { width: 256, lanes: 8 };
/** Maximum number of tiles in memory. A screen shows about 25. */
const TILES = 80;
/** Maximum length by which a mark (login, logout or new cookie) extends beyond the bar of its request, CSS pixels. */
const MARK = 10;

/**
 * The bar of a request. Positions are CSS pixels from the top left corner of the drawing, which shows the whole run.
 */
export interface Bar {
  op: Op;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Tile {
  image: ImageBitmap;
  bars: readonly Bar[];
}

interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A drawing of all requests of a run at one zoom. Each request is a bar in the lane of its session. */
export class Sheet {
  readonly #state: ViewState;
  readonly #paint: Paint;
  readonly #instances: readonly string[];
  readonly #tiles = new Map<string, Tile>();
  readonly #canvas = new OffscreenCanvas(1, 1);
  /** `unit`: width of a microsecond; `lane`: height of a lane; both in CSS pixels. */
  readonly unit: number;
  readonly lane: number;
  readonly #lines: number;
  readonly #line: number;

  constructor(state: ViewState, paint: Paint, unit: number, lane: number) {
    this.#state = state;
    this.#paint = paint;
    this.unit = unit;
    this.lane = lane;
    this.#instances = state.data.instances;
    const { length } = this.#instances;
    this.#lines = this.#tall ? LINES : length > 4 || length === 0 ? 1 : length;
    this.#line = (lane - 4) / this.#lines;
  }

  /** True if the lane has a line for each overlapping request. A low lane has a line for each instance instead. */
  get #tall(): boolean {
    return this.lane > 60;
  }

  bar(op: Op, row: number): Bar {
    const line = this.#tall
      ? op.line
      : this.#lines > 1
        ? Math.max(0, this.#instances.indexOf(op.instance))
        : 0;
    const x = op.call * this.unit;
    return {
      op,
      x,
      y: row * this.lane + 2 + line * this.#line,
      width: Math.max(1.5, op.end * this.unit - x),
      height: this.#line - 1,
    };
  }

  /**
   * Copies a part of the drawing to a canvas. Draws missing tiles first.
   *
   * @param left, top position of the part on the canvas
   */
  copy(context: CanvasRenderingContext2D, part: Part, left: number, top: number): void {
    const ratio = density();
    const [width, height] = [TILE.width / ratio, TILE.lanes * this.lane];
    for (let band = Math.floor(part.y / height); band * height < part.y + part.height; band++)
      for (let column = Math.floor(part.x / width); column * width < part.x + part.width; column++) {
        const { image } = this.#tile(column, band, ratio);
        // Rounds to device pixels, because the browser would blur an image at a fraction of a device pixel.
        const x = Math.round((left + column * width - part.x) * ratio) / ratio;
        context.drawImage(image, x, top + band * height - part.y, width, image.height / ratio);
      }
  }

  get bars(): Bar[] {
    return [...this.#tiles.values()].flatMap(({ bars }) => bars);
  }

  #tile(column: number, band: number, ratio: number): Tile {
    const key = `${column} ${band}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) return known;
    for (const [oldest, { image }] of this.#tiles) {
      if (this.#tiles.size < TILES) break;
      image.close();
      this.#tiles.delete(oldest);
    }
    const [width, height] = [TILE.width / ratio, TILE.lanes * this.lane];
    this.#canvas.width = TILE.width;
    this.#canvas.height = Math.ceil(height * ratio);
    const context = this.#canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
    context.font = FONT;
    context.textBaseline = 'middle';
    context.setTransform(ratio, 0, 0, ratio, -column * TILE.width, -band * height * ratio);
    const bars: Bar[] = [];
    const rows = this.#state.rows.slice(band * TILE.lanes, (band + 1) * TILE.lanes);
    rows.forEach((session, i) => {
      const row = band * TILE.lanes + i;
      this.#requests(context, session, row, column * width, width, bars);
      for (const { reason, at } of session.ends)
        if (reason !== 'logout' && reason !== 'over') this.#cross(context, at * this.unit, row);
    });
    const tile = { image: this.#canvas.transferToImageBitmap(), bars };
    this.#tiles.set(key, tile);
    return tile;
  }

  /** Draws a session's requests between `x` and `x + width`, and adds their bars to `bars`. */
  #requests(
    context: OffscreenCanvasRenderingContext2D,
    { ops }: ShownSession,
    row: number,
    x: number,
    width: number,
    bars: Bar[],
  ): void {
    const [from, until] = [(x - MARK) / this.unit, (x + width) / this.unit];
    const drawn = new Array<number>(this.#instances.length + 1).fill(Number.NEGATIVE_INFINITY);
    for (let i = firstUntil(ops, from); i < ops.length; i++) {
      const op = ops[i] as Op;
      if (op.call > until) break;
      if (op.end < from) continue;
      const instance = this.#instances.indexOf(op.instance);
      const end = op.end * this.unit;
      // Skips a request that ends on the pixel of an earlier request, because its bar would not be visible.
      if (!this.#tall && end < (drawn[instance + 1] ?? 0) + 0.5 && !failed(op)) continue;
      drawn[instance + 1] = end;
      const bar = this.bar(op, row);
      bars.push(bar);
      // Cuts the bar at the edges of the tile, because canvases draw inexactly at huge coordinates.
      const left = Math.max(bar.x, x - MARK);
      const right = Math.min(bar.x + bar.width, x + width + MARK);
      this.#draw(context, bar, instance, left, right - left);
    }
  }

  #draw(
    context: OffscreenCanvasRenderingContext2D,
    { op, x, y, width, height }: Bar,
    instance: number,
    left: number,
    wide: number,
  ): void {
    const paint = this.#paint;
    context.globalAlpha = this.#state.matches(op) ? 1 : 0.2;
    context.fillStyle = failed(op) ? paint.bad : paint.instance(instance);
    context.fillRect(left, y, wide, height);
    if (signedOut(op)) {
      context.fillStyle = paint.text;
      context.fillRect(left, y + height - 3, wide, 3);
    }
    if (width > 5) this.#mark(context, op, x, y + height / 2);
    if (width > 46 && height > 11) {
      context.fillStyle = paint.card;
      const words = `${op.action}${op.with === '' ? '' : ` (${op.with})`} ${op.status || op.note}`;
      if (context.measureText(words).width < width - 12) context.fillText(words, x + 12, y + height / 2);
    }
    context.globalAlpha = 1;
  }

  #mark(context: OffscreenCanvasRenderingContext2D, op: Op, x: number, middle: number): void {
    const shape =
      op.action === 'login'
        ? SHAPES.login
        : op.action.startsWith('logout')
          ? SHAPES.logout
          : is(op, 'cookie')
            ? SHAPES.cookie
            : undefined;
    if (shape === undefined) return;
    context.fillStyle = this.#paint.card;
    context.beginPath();
    for (const [dx, dy] of shape) context.lineTo(x + dx, middle + dy);
    context.fill();
  }

  #cross(context: OffscreenCanvasRenderingContext2D, x: number, row: number): void {
    context.strokeStyle = this.#paint.bad;
    context.lineWidth = 2;
    const half = Math.min(5, this.lane / 4);
    const middle = (row + 0.5) * this.lane;
    context.beginPath();
    context.moveTo(x - half, middle - half);
    context.lineTo(x + half, middle + half);
    context.moveTo(x + half, middle - half);
    context.lineTo(x - half, middle + half);
    context.stroke();
  }
}

/** Corners of each mark, CSS pixels from the left end of its bar. */
const SHAPES: Record<'login' | 'logout' | 'cookie', readonly [number, number][]> = {
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
