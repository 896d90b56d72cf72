/** Pairs names in responses with names in logs for the same instance, such as `app-1` and `10.0.0.2:8080`. */
import type { Served } from './core/history/history.ts';

export class Names {
  /** Number of requests for each pair of a name in a log and a name in the response. */
  readonly #times = new Map<string, Map<string, number>>();
  #known: ReadonlyMap<string, string> | undefined;

  together(answer: string, log: string): void {
    const of = this.#times.get(log) ?? new Map<string, number>();
    of.set(answer, (of.get(answer) ?? 0) + 1);
    this.#times.set(log, of);
  }

  /**
   * Returns a log entry with the names from responses. Each name from a log is replaced by the name that most often
   * occurs together with it.
   */
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
   * Pairs the names one to one. So a header that gives all instances the same name is recognised as wrong. If a name
   * occurs both in logs and in responses, both already use the same names, and no names are paired.
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
