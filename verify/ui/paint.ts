/** Defines colours, fonts and axes of the page, for light and dark mode. */

/** Colours of instances, which people with a colour vision deficiency can distinguish. Red is for anomalies. */
const INSTANCES = {
  light: ['#1f6fb4', '#d98200', '#128a68', '#8a56b8', '#5d7f00', '#2b9bb8', '#a5527b', '#6b6b6b'],
  dark: ['#62aef0', '#f2b04a', '#4fcba4', '#bf94e6', '#a9c94d', '#6fd0e8', '#e08db4', '#b5b5b5'],
};

export const FONT = '12px system-ui, sans-serif';

export interface Paint {
  text: string;
  dim: string;
  line: string;
  card: string;
  page: string;
  bad: string;
  warn: string;
  band: string;
  instance(index: number): string;
}

/** Returns the style sheet's colours for light or dark mode. */
export function paintOf(): Paint {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const dark = matchMedia('(prefers-color-scheme: dark)').matches && !matchMedia('print').matches;
  const all = INSTANCES[dark ? 'dark' : 'light'];
  return {
    text: colour('text'),
    dim: colour('dim'),
    line: colour('line'),
    card: colour('card'),
    page: colour('page'),
    bad: colour('violated'),
    warn: colour('unknown'),
    band: colour('band'),
    instance: index => (index < 0 ? colour('dim') : (all[index % all.length] ?? '#888')),
  };
}

/** Caches a value until one of its inputs changes. */
export class Kept<Value> {
  #inputs: readonly unknown[] = [];
  #value: Value | undefined;

  get(inputs: readonly unknown[], make: () => Value): Value {
    if (this.#value === undefined || inputs.some((input, i) => input !== this.#inputs[i])) {
      this.#inputs = inputs;
      this.#value = make();
    }
    return this.#value;
  }
}

/** Returns the width of a CSS pixel in device pixels. */
export const density = (): number => Math.min(devicePixelRatio || 1, 3);

/** Clears a canvas, and sets its resolution. One unit of the context is a CSS pixel. */
export function prepared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = density();
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  return context;
}

/**
 * Formats a time such as `1.25 s`.
 *
 * @param step time between two ticks, microseconds
 */
export function timeText(time: number, step = 1000): string {
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step / 1e6))));
  const seconds = time / 1e6;
  return step >= 60e6
    ? `${(seconds / 60).toFixed(step % 60e6 === 0 ? 0 : 1)} min`
    : `${seconds.toFixed(digits)} s`;
}

/** Returns about `count` round times: multiples of 1, 2 or 5 times a power of 10. */
export function ticks(from: number, until: number, count: number): { step: number; at: number[] } {
  const rough = (until - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step) * step;
  const at = Array.from(
    { length: Math.max(0, Math.floor((until - first) / step) + 1) },
    (_, i) => first + i * step,
  );
  return { step, at };
}
