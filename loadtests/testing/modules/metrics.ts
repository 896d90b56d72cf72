import type { Kind } from '../messages.ts';
import { report } from '../thread.ts';

class Metric {
  readonly name: string;
  readonly #kind: Kind;

  constructor(name: string, kind: Kind) {
    this.name = name;
    this.#kind = kind;
  }

  add(value: number | boolean, tags: Record<string, string> = {}): void {
    report({ type: 'sample', metric: this.name, kind: this.#kind, value: Number(value), tags });
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(name, 'counter');
  }
}

export class Rate extends Metric {
  constructor(name: string) {
    super(name, 'rate');
  }
}

export class Trend extends Metric {
  constructor(name: string) {
    super(name, 'trend');
  }
}
