/** Follows the logs of the system under test, and writes what they say of this run's requests into its history. */
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
  /** Follows those that are new among these, too. */
  follow(sources: readonly LogSource[]): void;
  /** To be called of each operation that the logs should tell of, once it has ended. */
  ended(operation: Operation): void;
  /** Waits until the logs have told of all of these, but not for ever. */
  settle(signal: AbortSignal): Promise<void>;
  /** Reads what is left, and stops. */
  stop(): Promise<void>;
}

export function followLogs(
  sources: readonly LogSource[],
  run: Run,
  write: (entry: Served) => void,
): FollowedLogs {
  const stop = new AbortController();
  const kinds = new Set(sources.map(source => source.kind));
  // Requests by the kind of log: those it has told of before they ended here, and those it has still to tell of.
  const early = new Set<string>();
  const awaited = new Set<string>();
  let changed = (): void => {};
  const follow = async (source: LogSource): Promise<void> => {
    for await (const entry of source.follow(stop.signal)) {
      if (!entry.request.startsWith(`${run.run}-`)) continue;
      write(entry);
      const told = `${entry.kind} ${entry.request}`;
      if (!awaited.delete(told)) early.add(told);
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
      for (const kind of tellers(operation)) {
        const told = `${kind} ${operation.request}`;
        if (kinds.has(kind) && !early.delete(told)) awaited.add(told);
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

/** The kinds of log that know of a request: the balancer's not of what went past it, no instance of the balancer's own. */
function tellers({ status, instance, direct }: Operation): LogSource['kind'][] {
  if (status === undefined) return [];
  return [
    ...(direct === true ? [] : ['balancer' as const]),
    ...(status >= 500 && instance === undefined ? [] : ['instance' as const]),
  ];
}
