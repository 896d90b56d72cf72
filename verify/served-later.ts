/** Finds out from access logs, after a run, which instance served each request (`check --logs`). */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Called, Event, Returned, Run, Served } from './core/history/history.ts';
import { UsageError } from './errors.ts';
import { HistoryReader } from './history-reader.ts';
import { servedIn, type Unnamed, unnamedIn } from './import/access-log.ts';
import { InstanceNames } from './served-names.ts';

/** Assumed maximum difference between the clocks of two machines, milliseconds. */
const CLOCK_DIFFERENCE = 1000;

/** Parts of a response that can name the instance. */
const NAMED: readonly unknown[] = ['header', 'cookie', 'body'];

type Asked = Pick<Called, 'request' | 'call' | 'clock' | 'path'>;

/** The entries of an access log. `named`: entries with a request id of Baton. */
interface Lines {
  named: Served[];
  unnamed: Unnamed[];
}

export class ServedLater {
  readonly #logs: string[];
  readonly #named: readonly Served[];
  /** Entries without a request id, sorted by the end of their requests. */
  readonly #unnamed: readonly Unnamed[];
  readonly #instances: ReadonlyMap<string, string>;
  readonly #names = new InstanceNames();
  /** Key: id of an operation; value: its request in flight. */
  readonly #started = new Map<number, Asked>();
  /** Key: a clock of the history; value: wall-clock time at which this clock shows 0, milliseconds since 1970. */
  readonly #zeros = new Map<string, number>();

  private constructor(logs: string[], { named, unnamed }: Lines) {
    this.#logs = logs;
    this.#named = named;
    this.#unnamed = unnamed.toSorted((a, b) => a.to - b.to);
    // Sorts the balancer's entries last, because the map keeps only the last entry of a request.
    const sorted = [...named].sort((a, b) => Number(a.kind === 'balancer') - Number(b.kind === 'balancer'));
    this.#instances = new Map(
      sorted.flatMap(({ request, instance }) => (instance === undefined ? [] : [[request, instance]])),
    );
  }

  /**
   * Reads access logs.
   *
   * @param files the log of a balancer, or `NAME=FILE` for an instance; plain or gzip
   * @throws UsageError if a log cannot be read, or contains no request of Baton
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
   * Returns the log entries that a history contains. Returns undefined if it contains none, or if responses already
   * name the instances.
   *
   * @param path a history, or the folder of a run
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
        // Stops reading at a response that names its instance, because the history may be long.
        return 'stop';
      }
      return undefined;
    });
    return unneeded || named.length === 0 ? undefined : new ServedLater([], { named, unnamed: [] });
  }

  /** Returns the first line of the history, and adds to it the names of the logs that contain request ids. */
  run(run: Run): Run {
    const named = this.#logs.filter(log => this.#named.some(({ source }) => source === log));
    return { ...run, logs: [...new Set([...run.logs, ...named])] };
  }

  /** Adds the instance to an event that lacks it. Inserts the log entries before the last event of the history. */
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
      if (logged !== undefined) this.#names.count(event.instance, logged);
      return [event];
    }
    const instance = logged ?? this.#onlyMatch(called, event, run);
    return [instance === undefined ? event : { ...event, instance, source: 'log' }];
  }

  #served({ run }: Run): Served[] {
    // Does not add log entries that were read from the history itself.
    if (this.#logs.length === 0) return [];
    const own = this.#named.filter(({ request }) => request.startsWith(`${run}-`));
    return own.map(served => this.#names.translated(served));
  }

  /**
   * Returns the instance of log lines that have the operation's path and status, and whose request ended during the
   * operation. Returns undefined if these lines name different instances.
   */
  #onlyMatch(
    { path, call, clock }: Asked,
    { status, return: end }: Returned,
    { url }: Run,
  ): string | undefined {
    const zero = this.#zeros.get(clock);
    if (zero === undefined || end === undefined || path === undefined) return undefined;
    const [from, to] = [zero + call / 1000 - CLOCK_DIFFERENCE, zero + end / 1000 + CLOCK_DIFFERENCE];
    const whole = new URL(url).pathname.replace(/\/$/, '') + path;
    const found = new Set<string>();
    for (let i = this.#first(from); i < this.#unnamed.length; i++) {
      const line = this.#unnamed[i] as Unnamed;
      if (line.from > to + CLOCK_DIFFERENCE) break;
      if (line.from <= to && line.path === whole && line.status === status) found.add(line.instance);
    }
    return found.size === 1 ? [...found][0] : undefined;
  }

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
      ? 'Let the balancer log this header and the instance: in nginx "$http_x_request_id $upstream_addr" in log_format'
      : `Let ${name} log this header of each request`;
  return new UsageError(`${expected}${remedy} (docs/target-file.md)`);
}
