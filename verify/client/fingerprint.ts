/**
 * How many instances answers look as if they came from, where none is named: the last resort. Proxies and chance can make
 * two looks of one instance, and two instances mostly look alike, so this is a hint, and no evidence for anything.
 */
import type { Reply } from '../core/interpret.ts';

/** Answers to the same request, one after the other. */
export interface Look {
  reply: Reply;
  /** Our wall clock at its return, milliseconds since the epoch. */
  at: number;
}

export interface Fingerprint {
  instances: number;
  /** What tells that many apart: `header order`, `error page`, `clock`, `counter`. */
  by: string[];
}

/** A look that came once may be chance. */
const TIMES = 2;
/** Headers that come and go with what is said. */
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
/** `Date` tells whole seconds, and answers are under way for a while. Milliseconds. */
const CLOCKS_APART = 2000;
/** A counter of a process rises by little between two of our requests. */
const STEP = 50;

/** @param pages answers to one request each, in the order in which they came */
export function fingerprintOf(pages: readonly (readonly Look[])[]): Fingerprint {
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

/** Groups of clocks that are further apart than `Date` can err. */
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

/** @returns how many counters take turns; 1 where these are no counters */
function rising(values: readonly (string | string[] | undefined)[]): number {
  const last: number[] = [];
  for (const value of values) {
    if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) return 1;
    const number = Number(value);
    const at = last.findIndex(one => one < number && number <= one + STEP);
    if (at === -1) last.push(number);
    else last[at] = number;
  }
  // Where each value begins a counter of its own, they are something else.
  return last.length <= values.length / 4 ? Math.max(1, last.length) : 1;
}
