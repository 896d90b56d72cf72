/** Follows the logs of the system under test. Writes the entries about requests of this run into the history. */
import type { Operation, Run, Served } from '../core/history/history.ts';

/** A log that names the instance that served each request. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  /** Yields each new entry soon after it was written. After the signal aborts, yields the rest and then ends. */
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** Maximum delay of a log behind the responses, milliseconds. */
const LAG = 3_000;

export interface FollowedLogs {
  /** Also follows these logs. Ignores logs that are followed already. */
  follow(sources: readonly LogSource[]): void;
  /** Call this for each ended operation that the logs should contain. */
  ended(operation: Operation): void;
  /** Waits until the logs contain all ended operations, for 3 s at most. */
  settle(signal: AbortSignal): Promise<void>;
  /** Reads the remaining entries, and stops. */
  stop(): Promise<void>;
}

export function followLogs(
  sources: readonly LogSource[],
  run: Run,
  write: (entry: Served) => void,
): FollowedLogs {
  const stop = new AbortController();
  const kinds = new Set(sources.map(source => source.kind));
  // Each item is a request together with a kind of log. `early`: this log had the entry before the operation ended.
  // `awaited`: this log does not have the entry yet.
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
 * Returns the kinds of log that should contain a request. The balancer does not log requests that bypass it. No
 * instance logs a request to which the balancer itself responded.
 */
function loggingKinds({ status, instance, direct }: Operation): LogSource['kind'][] {
  if (status === undefined) return [];
  return [
    ...(direct === true ? [] : ['balancer' as const]),
    ...(status >= 500 && instance === undefined ? [] : ['instance' as const]),
  ];
}
