/** Checks evidence: the response header and all logs name the same instance, and each request was served only once. */
import type { Event } from '../history/history.ts';
import { counted } from '../result/format.ts';
import { type LoggedRequest, triedOf } from '../timeline/request-logs.ts';
import { check, Judging, violation } from './framework.ts';

class Sources {
  requests = 0;
  sources = 0;
  missing = 0;
}

class Evidence extends Judging<Sources> {
  readonly #resent = new Set<string>();
  #complete = false;

  override event(event: Event): void {
    if (event.type === 'finish') this.#complete = true;
  }

  override logged(request: LoggedRequest, complete: boolean): void {
    const { id, sent, balancer, instances } = request;
    if (sent === undefined) {
      // If each source has already named its instance, a further log entry shows that the request was served twice.
      const again = this.#resent.has(id) ? undefined : instances[0];
      if (again !== undefined && balancer === undefined && this.#complete)
        this.#dispute(request, `request ${id} was served a second time, by ${again.source}`);
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

  #dispute({ sent }: LoggedRequest, summary: string): void {
    const expected = 'all sources name the same instance, which served the request once';
    this.report(() => violation(summary, [sent?.operation, summary, expected]));
  }

  override recount(): void {
    const { logs } = this.run;
    const kinds = [logs.includes('balancer'), logs.some(log => log !== 'balancer')];
    this.count.sources = 1 + kinds.filter(Boolean).length;
  }
}

export const evidence = check<Sources>({
  guarantee: 'evidence',
  assumes: 'each log line has the X-Request-Id of its request',
  minimum:
    'two sources that name the instance, and an entry in each log for every request with a response, except ' +
    'requests during a fault, or less than 1 s before a fault',
  judge: Evidence,
  counts: Sources,
  compared: ({ requests }) => requests,
  missing({ requests, sources, missing }) {
    if (sources < 2)
      return 'only the responses name their instance: no log of the balancer or of an instance was read';
    if (requests === 0)
      return 'no request was found in the logs: let balancer and instances log the header X-Request-Id';
    return missing > 0
      ? `${counted(missing, 'request')} of ${requests + missing} with a response are missing in a log`
      : undefined;
  },
  rests: ({ requests, sources }) => ({ requests, sources }),
  rulesOut: ({ requests }) => `header and logs agree on all ${counted(requests, 'request')}`,
  broken: violations => `the sources disagree on ${counted(violations, 'request')}`,
});
