/** Follows the logs of the system under test, and writes their entries about this run's requests into its history. */
import type { Operation, Run, Served } from '../core/history.ts';

/** A log that can be followed; the stack's `LogSource` is one. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** How long a log may lag behind the responses, milliseconds. */
const LAG = 3_000;

export interface FollowedLogs {
  /** Starts to follow the new ones among these logs, too. */
  follow(sources: readonly LogSource[]): void;
  /** Call this for each finished operation that the logs should mention. */
  ended(operation: Operation): void;
  /** Waits until the logs have mentioned all of these operations, for 3 s at most. */
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
  // Requests by kind of log: mentioned before their operation ended here, and not mentioned yet.
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
 *
 * Returns the kinds of log that should mention a request. The balancer does not log requests that bypass it, and no
 * instance logs a response that the balancer made itself.
 */
function loggingKinds({ status, instance, direct }: Operation): LogSource['kind'][] {
  if (status === undefined) return [];
  return [
    ...(direct === true ? [] : ['balancer' as const]),
    ...(status >= 500 && instance === undefined ? [] : ['instance' as const]),
  ];
}
