/** Reads the logs of balancer and instances during the run, and writes their entries into the history. */
import type { Operation, Run, Served } from '../core/history/history.ts';

/** A log that shows which instance served each request. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  readonly file: string;
  /** Yields each new log entry. After the signal aborts, yields the remaining entries and ends. */
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** Maximum time from a response to its log entry, milliseconds. */
const LAG = 3_000;

export class FollowedLogs {
  readonly #run: Run;
  readonly #write: (entry: Served) => void;
  readonly #stop = new AbortController();
  readonly #known = new Set<LogSource>();
  readonly #following: Promise<void>[] = [];
  /** Kinds of the logs that exist at the start. */
  readonly #kinds: ReadonlySet<LogSource['kind']>;
  /** Log entries that arrived before their operation ended. Form: kind of log and request id, `balancer run-17`. */
  readonly #early = new Set<string>();
  /** Ended operations without a log entry, in the same form: `balancer run-17`. */
  readonly #awaited = new Set<string>();
  #changed = (): void => {};

  constructor(sources: readonly LogSource[], run: Run, write: (entry: Served) => void) {
    this.#run = run;
    this.#write = write;
    this.#kinds = new Set(sources.map(source => source.kind));
    this.follow(sources);
  }

  /** Adds logs to read. */
  follow(sources: readonly LogSource[]): void {
    for (const source of sources) {
      if (this.#known.has(source)) continue;
      this.#known.add(source);
      this.#following.push(this.#read(source));
    }
  }

  /** Call this after each operation. `settle` then waits for the operation's log entries. */
  ended(operation: Operation): void {
    if (this.#kinds.size === 0) return;
    for (const kind of loggingKinds(operation)) {
      const key = `${kind} ${operation.request}`;
      if (this.#kinds.has(kind) && !this.#early.delete(key)) this.#awaited.add(key);
    }
  }

  /** Waits, for at most 3 s, for the log entries of all operations. */
  settle(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, LAG);
      const end = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#changed = () => this.#awaited.size === 0 && end();
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      this.#changed();
    });
  }

  /** Reads the remaining log entries, and stops. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#following);
  }

  async #read(source: LogSource): Promise<void> {
    for await (const entry of source.follow(this.#stop.signal)) {
      if (!entry.request.startsWith(`${this.#run.run}-`)) continue;
      this.#write(entry);
      const key = `${entry.kind} ${entry.request}`;
      if (!this.#awaited.delete(key)) this.#early.add(key);
      this.#changed();
    }
  }
}

/** A balancer logs no request that bypasses it. An instance logs no response that the balancer itself made. */
function loggingKinds({ status, instance, direct }: Operation): LogSource['kind'][] {
  if (status === undefined) return [];
  return [
    ...(direct === true ? [] : ['balancer' as const]),
    ...(status >= 500 && instance === undefined ? [] : ['instance' as const]),
  ];
}
