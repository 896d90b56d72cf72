/** Matches the names that responses and logs give to the same instance, such as `app-1` and `10.0.0.2:8080`. */
import type { Served } from './core/history.ts';

export class Names {
  /** How often a name in a log and a name in a response stood for the same request. */
  readonly #times = new Map<string, Map<string, number>>();
  #known: ReadonlyMap<string, string> | undefined;

  together(answer: string, log: string): void {
    const of = this.#times.get(log) ?? new Map<string, number>();
    of.set(answer, (of.get(answer) ?? 0) + 1);
    this.#times.set(log, of);
  }

  /**
   * Returns a log entry with the names that responses use: each name of a log becomes the name it most often came
   * with.
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
   *
   * Pairs the names one to one, so that a header that gives all instances one name is found to be wrong. If logs and
   * responses share a name, they already use the same names, and nothing is paired.
   *
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
