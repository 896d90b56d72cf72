/**
 * Reads the logs of balancer and instances during the run, and writes their entries for requests of this run into the
 * history.
 */
import type { Operation, Run, Served } from '../core/history/history.ts';

/** A log of the balancer or of an instance, which shows which instance served each request. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  /** Yields each new log entry. After the signal aborts, yields the remaining entries and ends. */
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** Maximum time from the response to a request until its log entry, milliseconds. A later entry is not awaited. */
const LAG = 3_000;

export interface FollowedLogs {
  /** Also reads the given logs from now on. Ignores logs that are read already. */
  follow(sources: readonly LogSource[]): void;
  /** Call this after each operation. `settle` then waits for the log entries of the operation. */
  ended(operation: Operation): void;
  /** Waits, for at most 3 s, until the logs have the entries of all operations. */
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
  // `early`: log entries that arrived before their operation ended. `awaited`: ended operations whose log entry has not
  // arrived yet. A key in these sets consists of the kind of the log and the request id, such as `balancer run-17`.
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

/**
 * Returns the kinds of log that must have an entry for a request. The balancer has none if the request was sent
 * directly to an instance. The instances have none if the balancer itself responded.
 */
function loggingKinds({ status, instance, direct }: Operation): LogSource['kind'][] {
  if (status === undefined) return [];
  return [
    ...(direct === true ? [] : ['balancer' as const]),
    ...(status >= 500 && instance === undefined ? [] : ['instance' as const]),
  ];
}
