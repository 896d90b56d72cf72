/**
 * Estimates the number of instances from differences between responses. The number is only a hint: a proxy may make one
 * instance look like two, and two instances often look the same.
 */
import type { Reply } from '../core/response/reply.ts';

export interface Look {
  reply: Reply;
  /** Arrival of the response, milliseconds since the epoch. */
  at: number;
}

export interface InstanceEstimate {
  instances: number;
  /** The observed differences: `header order`, `error page`, `clock` or `counter`. */
  by: string[];
}

/** At least this number of responses must show a difference. A single response may differ by chance. */
const TIMES = 2;
/** Headers that depend on the content of the response, not on the instance. */
const PASSING = new Set([
  'age',
  'content-encoding',
  'content-length',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'set-cookie',
  'transfer-encoding',
]);
/** Minimum difference of two clocks, milliseconds. The header `Date` has whole seconds. */
const CLOCKS_APART = 2000;
/** Maximum increase of a counter between two responses of one instance. */
const STEP = 50;

/**
 * Returns the estimated number of instances.
 *
 * @param pages responses to each request in order of arrival
 */
export function fingerprintOf(pages: readonly (readonly Look[])[]): InstanceEstimate {
  const found = new Map<string, number>();
  for (const looks of pages) {
    const answered = looks.filter(({ reply }) => reply.status !== undefined && reply.status < 500);
    for (const [name, count] of Object.entries(WAYS))
      found.set(name, Math.max(found.get(name) ?? 1, count(answered)));
  }
  const instances = Math.max(1, ...found.values());
  const by = instances === 1 ? [] : [...found].filter(([, n]) => n === instances).map(([name]) => name);
  return { instances, by };
}

const WAYS: Record<string, (looks: readonly Look[]) => number> = {
  'header order': looks => different(looks.map(({ reply }) => namesOf(reply))),
  'error page': looks =>
    different(
      looks.map(({ reply }) =>
        (reply.status ?? 0) >= 400 ? reply.body.replaceAll(/[\da-f-]{6,}|\d+/gi, '') : '',
      ),
    ),
  clock: clocks,
  counter: counters,
};

const namesOf = ({ headers }: Reply): string =>
  Object.keys(headers)
    .filter(name => !PASSING.has(name))
    .join();

function different(looks: readonly string[]): number {
  const times = new Map<string, number>();
  for (const look of looks) times.set(look, (times.get(look) ?? 0) + 1);
  return [...times.values()].filter(count => count >= TIMES).length;
}

function clocks(looks: readonly Look[]): number {
  const skews = looks
    .map(({ reply, at }) => Date.parse(String(reply.headers['date'])) - at)
    .filter(skew => !Number.isNaN(skew))
    .toSorted((a, b) => a - b);
  return skews.filter((skew, i) => skew - (skews[i - 1] ?? Number.NEGATIVE_INFINITY) > CLOCKS_APART).length;
}

function counters(looks: readonly Look[]): number {
  const names = Object.keys(looks[0]?.reply.headers ?? {}).filter(name => !PASSING.has(name));
  return Math.max(1, ...names.map(name => rising(looks.map(({ reply }) => reply.headers[name]))));
}

/**
 * Returns the number of instances that a response counter in a header suggests: the values 1, 501, 2, 502, … come from
 * two instances. Returns 1 if the header has no counter.
 */
function rising(values: readonly (string | string[] | undefined)[]): number {
  const last: number[] = [];
  for (const value of values) {
    if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) return 1;
    const number = Number(value);
    const at = last.findIndex(one => one < number && number <= one + STEP);
    if (at === -1) last.push(number);
    else last[at] = number;
  }
  // With fewer than four values for each counter on average, the header is no counter.
  return last.length <= values.length / 4 ? Math.max(1, last.length) : 1;
}
