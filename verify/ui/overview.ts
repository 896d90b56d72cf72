/** Draws the whole run as a strip: requests by instance, failures, faults and anomalies; a frame marks the shown time. */
import { paintOf, prepared } from './paint.ts';
import type { ViewState } from './state.ts';

const HEIGHT = 58;
const PLOT = 44;

export class Overview {
  readonly #state: ViewState;
  readonly #canvas: HTMLCanvasElement;

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
    const { plots, faults } = data;
    const paint = paintOf();
    const context = prepared(this.#canvas, this.#width, HEIGHT);
    const x = (time: number): number => (time / this.#length) * this.#width;
    context.fillStyle = paint.card;
    context.fillRect(0, 0, this.#width, HEIGHT);
    context.fillStyle = paint.band;
    for (const { begin, end = data.until } of faults)
      context.fillRect(x(begin), 0, Math.max(2, x(end) - x(begin)), HEIGHT);
    if (plots !== undefined) {
      const totals = plots.born.map((_, i) => plots.requests.reduce((sum, all) => sum + (all[i] ?? 0), 0));
      const unit = PLOT / Math.max(1, ...totals);
      const width = Math.max(1, x(plots.width) - 0.5);
      const named = data.instances;
      totals.forEach((_, i) => {
        let y = PLOT;
        const part = (count: number, colour: string): void => {
          context.fillStyle = colour;
          context.fillRect(x(i * plots.width), y - count * unit, width, count * unit);
          y -= count * unit;
        };
        plots.instances.forEach((name, n) => {
          const bad = plots.failed[n]?.[i] ?? 0;
          part((plots.requests[n]?.[i] ?? 0) - bad, paint.instance(named.indexOf(name)));
          part(bad, paint.bad);
        });
      });
    }
    context.fillStyle = paint.bad;
    for (const mark of facts.anomalies) {
      if (filters.guarantee !== '' && mark.guarantee !== filters.guarantee) continue;
      context.beginPath();
      context.moveTo(x(mark.at), PLOT + 1);
      context.lineTo(x(mark.at) - 5, HEIGHT - 2);
      context.lineTo(x(mark.at) + 5, HEIGHT - 2);
      context.fill();
    }
    context.fillStyle = paint.page;
    context.globalAlpha = 0.6;
    context.fillRect(0, 0, Math.max(0, x(from)), HEIGHT);
    context.fillRect(x(until), 0, Math.max(0, this.#width - x(until)), HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = paint.text;
    context.strokeRect(
      Math.max(0.5, x(from)),
      0.5,
      Math.min(this.#width - 1, x(until)) - Math.max(0.5, x(from)),
      HEIGHT - 1,
    );
  }
}
