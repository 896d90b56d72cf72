/** Finds out which names in responses and in logs mean the same instance, such as `app-1` and `10.0.0.2:8080`. */
import type { Served } from './core/history/history.ts';

export class InstanceNames {
  /** Number of requests. First key: the instance's name in the log; second key: its name in the response. */
  readonly #times = new Map<string, Map<string, number>>();
  #known: ReadonlyMap<string, string> | undefined;

  /**
   * Counts a request.
   *
   * @param answer name of the instance in the response
   * @param log name of the instance in the log
   */
  count(answer: string, log: string): void {
    const of = this.#times.get(log) ?? new Map<string, number>();
    of.set(answer, (of.get(answer) ?? 0) + 1);
    this.#times.set(log, of);
  }

  /** Returns a log entry with the instance names that responses use. */
  translated(served: Served): Served {
    this.#known ??= this.#pairs();
    const name = (log: string): string => this.#known?.get(log) ?? log;
    return {
      ...served,
      ...(served.instance === undefined ? {} : { instance: name(served.instance) }),
      ...(served.tried === undefined ? {} : { tried: served.tried.map(name) }),
    };
  }

  /**
   * Pairs each name in the log with its most frequent name in responses. Uses each name at most once. Pairs nothing if
   * the log and the responses share a name.
   */
  #pairs(): ReadonlyMap<string, string> {
    const all = [...this.#times].flatMap(([log, of]) =>
      [...of].map(([answer, times]) => ({ log, answer, times })),
    );
    const pairs = new Map<string, string>();
    const answers = new Set(all.map(({ answer }) => answer));
    if (all.some(({ log }) => answers.has(log))) return pairs;
    const taken = new Set<string>();
    for (const { log, answer } of all.toSorted((a, b) => b.times - a.times)) {
      if (pairs.has(log) || taken.has(answer)) continue;
      pairs.set(log, answer);
      taken.add(answer);
    }
    return pairs;
  }
}
