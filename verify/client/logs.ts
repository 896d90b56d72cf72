/** Follows the logs of the system under test, and writes what they say of this run's requests into its history. */
import type { Run, Served } from '../core/history.ts';

/** A log that can be followed; the stack's `LogSource` is one. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** How long a log may lag behind the responses, milliseconds. */
const LAG = 3_000;

/** How many requests each kind of log should tell of: the balancer's knows nothing of what went past it. */
export interface Answered {
  balancer: number;
  instance: number;
}

export interface FollowedLogs {
  /** Follows those that are new among these, too. */
  follow(sources: readonly LogSource[]): void;
  /** Waits until the logs have told of all answered requests, but not for ever. */
  settle(answered: Answered, signal: AbortSignal): Promise<void>;
  /** Reads what is left, and stops. */
  stop(): Promise<void>;
}

export function followLogs(
  sources: readonly LogSource[],
  run: Run,
  write: (entry: Served) => void,
): FollowedLogs {
  const stop = new AbortController();
  const told = { balancer: 0, instance: 0 };
  let changed = (): void => {};
  const follow = async (source: LogSource): Promise<void> => {
    for await (const entry of source.follow(stop.signal)) {
      if (!entry.request.startsWith(`${run.run}-`)) continue;
      write(entry);
      told[entry.kind]++;
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
  const kinds = new Set(sources.map(source => source.kind));
  const enough = (answered: Answered): boolean => [...kinds].every(kind => told[kind] >= answered[kind]);
  return {
    follow: followAll,
    settle: (answered, signal) =>
      new Promise(resolve => {
        const timer = setTimeout(resolve, LAG);
        const end = (): void => {
          clearTimeout(timer);
          resolve();
        };
        changed = () => enough(answered) && end();
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
