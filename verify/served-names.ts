/** Answers and logs may call one instance by different names, such as `app-1` and `10.0.0.2:8080`. */
import type { Served } from './core/history.ts';

export class Names {
  /** How often an answer's name and a log's stood for the same request. */
  readonly #times = new Map<string, Map<string, number>>();
  #known: ReadonlyMap<string, string> | undefined;

  together(answer: string, log: string): void {
    const of = this.#times.get(log) ?? new Map<string, number>();
    of.set(answer, (of.get(answer) ?? 0) + 1);
    this.#times.set(log, of);
  }

  /** @returns what a log says, by the names of the answers: each log's name is the one that it is found with most */
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
   * One to one, so that a header which names one instance for all is found to lie. Where a name is used by both, they
   * speak of the same thing already.
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
