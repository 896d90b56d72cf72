/** Draws the whole run as a strip above the timeline. A frame in the strip shows the visible part of the run. */
import type { Plots } from '../reports/view/chunk.ts';
import { density, Kept, type Paint, paintOf, prepared } from './paint.ts';
import type { ViewState } from './state.ts';

const HEIGHT = 58;
const PLOT = 44;

export class Overview {
  readonly #state: ViewState;
  readonly #canvas: HTMLCanvasElement;
  readonly #kept = new Kept<HTMLCanvasElement>();

  constructor(state: ViewState, canvas: HTMLCanvasElement) {
    this.#state = state;
    this.#canvas = canvas;
    let began: number | undefined;
    const time = (event: PointerEvent): number =>
      (Math.max(0, Math.min(this.#width, event.offsetX)) / this.#width) * this.#length;
    canvas.addEventListener('pointerdown', event => {
      began = time(event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', event => {
      if (began === undefined || Math.abs(time(event) - began) < this.#length / 200) return;
      state.show(Math.min(began, time(event)), Math.max(began, time(event)));
    });
    canvas.addEventListener('pointerup', event => {
      const clicked = began !== undefined && Math.abs(time(event) - began) < this.#length / 200;
      began = undefined;
      const half = (state.until - state.from) / 2;
      if (clicked) state.show(time(event) - half, time(event) + half);
    });
  }

  get #width(): number {
    return this.#canvas.parentElement?.clientWidth ?? 1;
  }

  get #length(): number {
    return Math.max(this.#state.data.until, 1) * 1.01;
  }

  draw(): void {
    const { data, facts, from, until, filters } = this.#state;
    const paint = paintOf();
    const context = prepared(this.#canvas, this.#width, HEIGHT);
    const inputs = [this.#width, data.plots, data.until, facts.anomalies, filters, paint.page, density()];
    const image = this.#kept.get(inputs, () => this.#strip(paint));
    context.drawImage(image, 0, 0, this.#width, HEIGHT);
    const [left, right] = [this.#x(from), this.#x(until)];
    context.fillStyle = paint.page;
    context.globalAlpha = 0.6;
    context.fillRect(0, 0, Math.max(0, left), HEIGHT);
    context.fillRect(right, 0, Math.max(0, this.#width - right), HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = paint.text;
    const begin = Math.max(0.5, left);
    context.strokeRect(begin, 0.5, Math.min(this.#width - 1, right) - begin, HEIGHT - 1);
  }

  #x(time: number): number {
    return (time / this.#length) * this.#width;
  }

  /** Reuses the drawing of the strip until the data changes. The frame is drawn separately. */
  #strip(paint: Paint): HTMLCanvasElement {
    const { data, facts, filters } = this.#state;
    const canvas = document.createElement('canvas');
    const context = prepared(canvas, this.#width, HEIGHT);
    context.fillStyle = paint.card;
    context.fillRect(0, 0, this.#width, HEIGHT);
    context.fillStyle = paint.band;
    for (const { begin, end = data.until } of data.faults)
      context.fillRect(this.#x(begin), 0, Math.max(2, this.#x(end) - this.#x(begin)), HEIGHT);
    if (data.plots !== undefined) this.#counts(context, data.plots, paint);
    context.fillStyle = paint.bad;
    for (const mark of facts.anomalies) {
      if (filters.guarantee !== '' && mark.guarantee !== filters.guarantee) continue;
      const x = this.#x(mark.at);
      context.beginPath();
      context.moveTo(x, PLOT + 1);
      context.lineTo(x - 5, HEIGHT - 2);
      context.lineTo(x + 5, HEIGHT - 2);
      context.fill();
    }
    return canvas;
  }

  #counts(context: CanvasRenderingContext2D, plots: Plots, paint: Paint): void {
    const totals = plots.born.map((_, i) => plots.requests.reduce((sum, all) => sum + (all[i] ?? 0), 0));
    const unit = PLOT / Math.max(1, ...totals);
    const width = Math.max(1, this.#x(plots.width) - 0.5);
    const named = this.#state.data.instances;
    totals.forEach((_, i) => {
      let y = PLOT;
      const part = (count: number, colour: string): void => {
        context.fillStyle = colour;
        context.fillRect(this.#x(i * plots.width), y - count * unit, width, count * unit);
        y -= count * unit;
      };
      plots.instances.forEach((name, n) => {
        const bad = plots.failed[n]?.[i] ?? 0;
        part((plots.requests[n]?.[i] ?? 0) - bad, paint.instance(named.indexOf(name)));
        part(bad, paint.bad);
      });
    });
  }
}
