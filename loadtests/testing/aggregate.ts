/** Part of the fake k6: summarises samples as k6 does for handleSummary, and checks the thresholds. */
import type { Kind, Sample, ScriptOptions } from './messages.ts';

interface Series {
  kind: Kind;
  values: number[];
}

export interface Summarised {
  type: Kind;
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}

type Thresholds = NonNullable<ScriptOptions['thresholds']>;

export class Aggregate {
  readonly #series = new Map<string, Series>();
  readonly #thresholds: Thresholds;
  readonly #parts: { name: string; metric: string; tag: string; value: string }[] = [];

  /** @param thresholds key: `metric` or `metric{tag:value}`; value: the conditions for this metric */
  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
    for (const name of Object.keys(thresholds)) {
      const [, metric = '', tag = '', value = ''] = /^(\w+)\{([\w ]+):([^}]*)\}$/.exec(name) ?? [];
      if (metric !== '') this.#parts.push({ name, metric, tag, value });
    }
  }

  add({ metric, kind, value, tags }: Sample): void {
    this.#of(metric, kind).values.push(value);
    for (const part of this.#parts) {
      if (part.metric !== metric) continue;
      const of = this.#of(part.name, kind);
      if (tags[part.tag] === part.value) of.values.push(value);
    }
  }

  #of(name: string, kind: Kind): Series {
    let series = this.#series.get(name);
    if (series === undefined) {
      series = { kind, values: [] };
      this.#series.set(name, series);
    }
    return series;
  }

  metrics(seconds: number): Record<string, Summarised> {
    const all: Record<string, Summarised> = {};
    for (const [name, { kind, values }] of this.#series) {
      all[name] = { type: kind, values: summarised(kind, values, seconds) };
    }
    for (const [name, conditions] of Object.entries(this.#thresholds)) {
      const metric = all[name] ?? { type: 'counter', values: { count: 0, rate: 0 } };
      all[name] = metric;
      if (conditions.length === 0) continue;
      const texts = conditions.map(one => (typeof one === 'string' ? one : one.threshold));
      const judged = texts.map(condition => [condition, { ok: holds(condition, metric.values) }]);
      metric.thresholds = Object.fromEntries(judged);
    }
    return all;
  }
}

function summarised(kind: Kind, values: readonly number[], seconds: number): Record<string, number> {
  const sum = values.reduce((a, b) => a + b, 0);
  if (kind === 'counter') return { count: sum, rate: sum / seconds };
  if (kind === 'rate') {
    return { rate: values.length === 0 ? 0 : sum / values.length, passes: sum, fails: values.length - sum };
  }
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  return {
    avg: sum / sorted.length,
    min: at(0),
    med: at(0.5),
    max: at(1),
    'p(90)': at(0.9),
    'p(95)': at(0.95),
  };
}

function holds(condition: string, values: Readonly<Record<string, number>>): boolean {
  const [, name = '', operator, limit] = /^([\w()]+)(>=|<=|==|>|<)(\d+(?:\.\d+)?)$/.exec(condition) ?? [];
  // As in k6, a trend without values passes every upper limit.
  const value = values[name] ?? (/^(max|p\(\d+\))$/.test(name) ? 0 : undefined);
  if (value === undefined)
    throw new Error(`the fake k6 does not support the threshold ${JSON.stringify(condition)}`);
  if (operator === '==') return value === Number(limit);
  if (operator === '>') return value > Number(limit);
  if (operator === '<') return value < Number(limit);
  return operator === '>=' ? value >= Number(limit) : value <= Number(limit);
}
