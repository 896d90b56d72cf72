/** Compares each request with its log entries, for the check `evidence` (evidence.ts). */
import type { Event } from '../history/history.ts';
import { type LoggedRequest, triedOf } from '../timeline/request-logs.ts';
import { Judging } from './framework.ts';

export interface Sources {
  requests: number;
  sources: number;
  /** Number of requests that got a response, although a log that should have an entry for them has none. */
  missing: number;
}

export class Evidence extends Judging<Sources> {
  /** The ids of requests that the client sent twice. Two log entries for such an id are correct. */
  readonly #resent = new Set<string>();
  /** True after the last line of a complete history. */
  #complete = false;

  override event(event: Event): void {
    if (event.type === 'finish') this.#complete = true;
  }

  override logged(request: LoggedRequest, complete: boolean): void {
    const { id, sent, balancer, instances } = request;
    if (sent === undefined) {
      // All sources of this request had already arrived. Now an instance logs the same id once more, so the
      // request was served twice. This is certain only in a complete history.
      const again = this.#resent.has(id) ? undefined : instances[0];
      if (again !== undefined && balancer === undefined && this.#complete)
        this.#dispute(request, `request ${id} was served once more by ${again.source}`);
    } else if (complete) {
      if (sent.resent) this.#resent.add(id);
      this.#judge(request, sent);
    } else if (sent.misses === true) this.count.missing++;
  }

  #judge(request: LoggedRequest, sent: NonNullable<LoggedRequest['sent']>): void {
    this.count.requests++;
    const { id, balancer, instances } = request;
    const said = [
      ['the response', sent.instance],
      ['the balancer log', balancer?.instance],
      ...instances.map(entry => [`the log of ${entry.source}`, entry.instance]),
    ].filter((entry): entry is [string, string] => entry[1] !== undefined);
    const names = new Set(said.map(([, instance]) => instance));
    const sentOn = sent.resent || Math.max(instances.length, triedOf(request)) > 1;
    const { operation, safe: harmless } = sent;
    const what = operation === undefined ? `request ${id}` : `one ${operation.action}`;
    if (instances.length > 1 && !harmless) {
      const where = instances.map(entry => entry.source).join(' and ');
      this.#dispute(request, `${what} was served twice: by ${where}`);
    } else if (names.size > 1 && !(harmless && sentOn)) {
      const all = said.map(([source, instance]) => `${source} says ${instance}`).join(', ');
      this.#dispute(request, operation === undefined ? `${what}: ${all}` : all);
    }
  }

  /** Reports sources that disagree on a request. */
  #dispute({ sent }: LoggedRequest, summary: string): void {
    const expected = 'all sources name one instance, which served it once';
    const operation = sent?.operation;
    const witness = operation === undefined ? [] : [{ operation, expected, came: summary }];
    this.report(() => ({ at: operation, summary, witness }));
  }

  override recount(): void {
    const { logs } = this.run;
    const kinds = [logs.includes('balancer'), logs.some(log => log !== 'balancer')];
    this.count.sources = 1 + kinds.filter(Boolean).length;
  }
}
