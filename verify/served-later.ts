/** What logs said of a run, put into its history after the fact: it tells instances that no answer named. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Event, Run, Served } from './core/history.ts';
import { UsageError } from './errors.ts';
import { servedIn } from './import/access-log.ts';

export class ServedLater {
  readonly #source: string;
  readonly #entries: readonly Served[];
  readonly #instances: ReadonlyMap<string, string>;
  /** Requests under way, by the id of their operation. */
  readonly #started = new Map<number, string>();

  private constructor(source: string, entries: readonly Served[]) {
    this.#source = source;
    this.#entries = entries;
    this.#instances = new Map(
      entries.flatMap(({ request, instance }) => (instance === undefined ? [] : [[request, instance]])),
    );
  }

  /** @throws UsageError when it cannot be read, or tells of no request of Baton */
  static async read(file: string): Promise<ServedLater> {
    const source = basename(file);
    const text = await readFile(file, 'utf8').catch(error => {
      throw new UsageError(`--logs: ${file}: expected an access log, and it cannot be read (${error.code})`);
    });
    const entries = text.split('\n').flatMap(line => servedIn(source, line) ?? []);
    if (entries.length > 0) return new ServedLater(source, entries);
    throw new UsageError(
      `--logs: ${file}: expected lines with the X-Request-Id of Baton's requests, found none. Let the balancer log it, ` +
        'and the instance: in nginx "$http_x_request_id $upstream_addr" in log_format (docs/target-file.md)',
    );
  }

  /** @returns the run, with the log among its sources */
  run(run: Run): Run {
    return { ...run, logs: [...run.logs, this.#source] };
  }

  /** @returns what is judged in place of an event */
  events(event: Event, { run }: Run): Event[] {
    if (event.type === 'start') this.#started.set(event.id, event.request);
    if (event.type === 'finish')
      return [...this.#entries.filter(({ request }) => request.startsWith(`${run}-`)), event];
    if ((event.type !== 'op' && event.type !== 'end') || event.instance !== undefined) return [event];
    const request = event.type === 'op' ? event.request : this.#started.get(event.id);
    const instance = request === undefined ? undefined : this.#instances.get(request);
    return [instance === undefined ? event : { ...event, instance, source: this.#source }];
  }
}
