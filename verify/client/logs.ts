/** Reads the logs of balancer and instances during the run, and writes their entries into the history. */
import type { Operation, Run, Served } from '../core/history/history.ts';

/** A log that shows which instance served each request. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  /** Yields each new log entry. After the signal aborts, yields the remaining entries and ends. */
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** Maximum time from a response to its log entry, milliseconds. */
const LAG = 3_000;

export interface FollowedLogs {
  /** Adds logs to read. */
  follow(sources: readonly LogSource[]): void;
  /** Call this after each operation. `settle` then waits for the operation's log entries. */
  ended(operation: Operation): void;
  /** Waits, for at most 3 s, for the log entries of all operations. */
  settle(signal: AbortSignal): Promise<void>;
  /** Reads the remaining log entries, and stops. */
  stop(): Promise<void>;
}

export function followLogs(
  sources: readonly LogSource[],
  run: Run,
  write: (entry: Served) => void,
): FollowedLogs {
  const stop = new AbortController();
  const kinds = new Set(sources.map(source => source.kind));
  // `early` has log entries that arrived before their operation ended. `awaited` has ended operations without a log
  // entry. A key is the kind of log and the request id: `balancer run-17`.
  const early = new Set<string>();
  const awaited = new Set<string>();
  let changed = (): void => {};
  const follow = async (source: LogSource): Promise<void> => {
    for await (const entry of source.follow(stop.signal)) {
      if (!entry.request.startsWith(`${run.run}-`)) continue;
      write(entry);
      const key = `${entry.kind} ${entry.request}`;
      if (!awaited.delete(key)) early.add(key);
      changed();
    }
  };
  const known = new Set<LogSource>();
  const following: Promise<void>[] = [];
  const followAll = (all: readonly LogSource[]): void => {
    for (const source of all) {
      if (known.has(source)) continue;
      known.add(source);
      following.push(follow(source));
    }
  };
  followAll(sources);
  return {
    follow: followAll,
    ended: operation => {
      if (kinds.size === 0) return;
      for (const kind of loggingKinds(operation)) {
        const key = `${kind} ${operation.request}`;
        if (kinds.has(kind) && !early.delete(key)) awaited.add(key);
      }
    },
    settle: signal =>
      new Promise(resolve => {
        const timer = setTimeout(resolve, LAG);
        const end = (): void => {
          clearTimeout(timer);
          resolve();
        };
        changed = () => awaited.size === 0 && end();
        signal.addEventListener('abort', end, { once: true });
        if (signal.aborted) end();
        changed();
      }),
    stop: async () => {
      stop.abort();
      await Promise.allSettled(following);
    },
  };
}

/** A balancer logs no request that bypasses it. An instance logs no response that the balancer itself made. */
function loggingKinds({ status, instance, direct }: Operation): LogSource['kind'][] {
  if (status === undefined) return [];
  return [
    ...(direct === true ? [] : ['balancer' as const]),
    ...(status >= 500 && instance === undefined ? [] : ['instance' as const]),
  ];
}
