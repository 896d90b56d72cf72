/**
 * Adds entries of access logs to the history of a finished run. The entries name the instances of requests
 * whose responses named no instance.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Called, Event, Returned, Run, Served } from './core/history/history.ts';
import { UsageError } from './errors.ts';
import { HistoryReader } from './history-reader.ts';
import { servedIn, type Unnamed, unnamedIn } from './import/access-log.ts';
import { Names } from './served-names.ts';

/** Assumed maximum difference between the clocks of two machines, milliseconds. */
const APART = 1000;

/** Sources of an instance name in a response. */
const NAMED: readonly unknown[] = ['header', 'cookie', 'body'];

type Asked = Pick<Called, 'request' | 'call' | 'clock' | 'path'>;

/** The entries of an access log. `named`: with a request id of Baton. `unnamed`: without one. */
interface Lines {
  named: Served[];
  unnamed: Unnamed[];
}

export class ServedLater {
  readonly #logs: string[];
  readonly #named: readonly Served[];
  /** Entries of the balancer's log without a request id, in the order of their end times. */
  readonly #unnamed: readonly Unnamed[];
  readonly #instances: ReadonlyMap<string, string>;
  readonly #names = new Names();
  /** Requests in flight, by the id of their operation. */
  readonly #started = new Map<number, Asked>();
  /** Wall-clock time of the zero of each clock, milliseconds since the epoch. */
  readonly #zeros = new Map<string, number>();

  private constructor(logs: string[], { named, unnamed }: Lines) {
    this.#logs = logs;
    this.#named = named;
    this.#unnamed = unnamed.toSorted((a, b) => a.to - b.to);
    // The log of a balancer names all instances, the log of an instance only that instance. The balancer's entries
    // come last, so they replace the entries of instances.
    const sorted = [...named].sort((a, b) => Number(a.kind === 'balancer') - Number(b.kind === 'balancer'));
    this.#instances = new Map(
      sorted.flatMap(({ request, instance }) => (instance === undefined ? [] : [[request, instance]])),
    );
  }

  /**
   * Reads access logs.
   *
   * @param files the access log of a balancer, or `NAME=FILE` for the log of one instance; each may be compressed with
   * gzip
   * @throws UsageError when a log cannot be read or has no request of Baton
   */
  static async read(files: readonly string[]): Promise<ServedLater> {
    const lines: Lines = { named: [], unnamed: [] };
    const logs = new Set<string>();
    for (const one of files) {
      const [, name, file = one] = /^([\w.-]+)=(.+)$/.exec(one) ?? [];
      const of = linesOf(await textOf(file), name);
      if (of.named.length === 0 && of.unnamed.length === 0) throw nothing(file, name);
      lines.named = lines.named.concat(of.named);
      lines.unnamed = lines.unnamed.concat(of.unnamed);
      logs.add(name ?? 'balancer');
    }
    return new ServedLater([...logs], lines);
  }

  /**
   * Returns the log entries that a history contains. A history contains them if logs were followed during the run.
   *
   * @param path a history, or the folder of a run
   * @returns undefined if the history contains no log entries, or needs none because its responses name their
   *   instances
   */
  static async within(path: string): Promise<ServedLater | undefined> {
    const reader = await HistoryReader.open(path);
    if (reader.run.logs.length === 0) return undefined;
    const named: Served[] = [];
    let unneeded = false;
    await reader.each(event => {
      if (event.type === 'served') named.push(event);
      else if ((event.type === 'op' || event.type === 'end') && NAMED.includes(event.source)) {
        unneeded = true;
        // The rest of the history is not needed, and it may be long.
        return 'stop';
      }
      return undefined;
    });
    return unneeded || named.length === 0 ? undefined : new ServedLater([], { named, unnamed: [] });
  }

  /** Returns the run with these logs added to its list of logs, if they contain request ids. */
  run(run: Run): Run {
    const named = this.#logs.filter(log => this.#named.some(({ source }) => source === log));
    return { ...run, logs: [...new Set([...run.logs, ...named])] };
  }

  /** Returns the events that replace an event for the judge. */
  events(event: Event, run: Run): Event[] {
    if (event.type === 'clock') this.#zeros.set(event.clock, Date.parse(event.base));
    if (event.type === 'start') this.#started.set(event.id, event);
    if (event.type === 'finish') return [...this.#served(run), event];
    if (event.type !== 'op' && event.type !== 'end') return [event];
    const called = event.type === 'op' ? event : this.#started.get(event.id);
    if (called === undefined) return [event];
    this.#started.delete(event.id);
    const logged = this.#instances.get(called.request);
    if (event.instance !== undefined) {
      if (logged !== undefined) this.#names.together(event.instance, logged);
      return [event];
    }
    const instance = logged ?? this.#alone(called, event, run);
    return [instance === undefined ? event : { ...event, instance, source: 'log' }];
  }

  #served({ run }: Run): Served[] {
    // If no log files were given after the run, the history already contains its log entries.
    if (this.#logs.length === 0) return [];
    const own = this.#named.filter(({ request }) => request.startsWith(`${run}-`));
    return own.map(served => this.#names.translated(served));
  }

  /**
   * Returns the instance of an operation from the log lines without ids, if only one instance is possible. Considers
   * lines with the path and the status of the operation. The logged request must have ended while the operation was
   * in flight, within the assumed clock difference.
   */
  #alone({ path, call, clock }: Asked, { status, return: end }: Returned, { url }: Run): string | undefined {
    const zero = this.#zeros.get(clock);
    if (zero === undefined || end === undefined || path === undefined) return undefined;
    const [from, to] = [zero + call / 1000 - APART, zero + end / 1000 + APART];
    const whole = new URL(url).pathname.replace(/\/$/, '') + path;
    const found = new Set<string>();
    for (let i = this.#first(from); i < this.#unnamed.length; i++) {
      const line = this.#unnamed[i] as Unnamed;
      if (line.from > to + APART) break;
      if (line.from <= to && line.path === whole && line.status === status) found.add(line.instance);
    }
    return found.size === 1 ? [...found][0] : undefined;
  }

  /** Returns the index of the first line that ended at or after a time. */
  #first(time: number): number {
    let [low, high] = [0, this.#unnamed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#unnamed[middle] as Unnamed).to < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function linesOf(text: string, name: string | undefined): Lines {
  const lines: Lines = { named: [], unnamed: [] };
  for (const line of text.split('\n')) {
    const served = servedIn(name ?? 'balancer', line, name);
    const unnamed = served === undefined && name === undefined ? unnamedIn(line) : undefined;
    if (served !== undefined) lines.named.push(served);
    if (unnamed !== undefined) lines.unnamed.push(unnamed);
  }
  return lines;
}

async function textOf(file: string): Promise<string> {
  try {
    const data = await readFile(file);
    return (data.toString('hex', 0, 2) === '1f8b' ? await promisify(gunzip)(data) : data).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--logs: ${file}: expected an access log, but it cannot be read (${code})`);
  }
}

function nothing(file: string, name: string | undefined): UsageError {
  const expected = `--logs: ${file}: expected lines with the X-Request-Id of Baton's requests, found none. `;
  const remedy =
    name === undefined
      ? 'Let the balancer log it, and the instance: in nginx "$http_x_request_id $upstream_addr" in log_format'
      : `Let ${name} log the header of each request`;
  return new UsageError(`${expected}${remedy} (docs/target-file.md)`);
}
