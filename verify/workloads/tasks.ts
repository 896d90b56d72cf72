/** Follows the workloads that run concurrently, and reports which of them are running. */

/** Progress texts for workloads that can run longer than `hop`. */
const GOES_ON: Readonly<Record<string, string>> = {
  hop: 'the last reads of the sessions',
  idle: 'sessions that must reach their declared timeouts',
  'refresh-race': 'replaced tokens that are sent after the grace period',
};

export class Active {
  readonly #what = new Set<string>();
  readonly #report: (what: readonly string[]) => void;

  constructor(report: (what: readonly string[]) => void = () => {}) {
    this.#report = report;
  }

  async during(name: string, act: Promise<void>): Promise<void> {
    const what = GOES_ON[name] ?? name;
    this.#what.add(what);
    this.#report([...this.#what]);
    try {
      await act;
    } finally {
      this.#what.delete(what);
      this.#report([...this.#what]);
    }
  }
}

/** Tasks that run concurrently. The first error aborts the signal of all. */
export class Tasks {
  readonly #failing = new AbortController();
  readonly #begun: Promise<void>[] = [];
  readonly #outer: AbortSignal;
  readonly #stop = (): void => this.#failing.abort(this.#outer.reason);

  /** Uses a listener, because `AbortSignal.any` is slower, and each request checks the signal several times. */
  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#stop();
    outer.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#failing.signal;
  }

  begin(task: Promise<void>): Promise<void> {
    this.#begun.push(task);
    task.catch(() => this.#failing.abort());
    return task;
  }

  /** After an error, waits for all tasks, because the caller then closes the recorder and the connections. */
  async endAfterError(): Promise<void> {
    if (this.signal.aborted) await Promise.allSettled(this.#begun);
  }

  close(): void {
    this.#outer.removeEventListener('abort', this.#stop);
  }
}
