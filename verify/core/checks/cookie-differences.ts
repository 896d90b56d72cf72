import { getOrInsert } from '../get-or-insert.ts';
import type { CookieAttributes, Operation } from '../history/history.ts';
import { inOrder } from '../result/verdict.ts';
import { timeoutTolerance } from '../timeline/timeouts.ts';
import type { Violation } from './framework.ts';

/** Two instances are compared only if each set the cookie at least this often, always with the same attributes. */
const ALIKE = 3;
const REMEMBERED = 1000;

class Sets {
  times = 0;
  /** Different sets of attributes, as texts. Two are enough to show that the attributes vary. */
  readonly sets = new Set<string>();
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  readonly example: Operation;

  constructor(example: Operation) {
    this.example = example;
  }

  add(attributes: CookieAttributes): void {
    this.times++;
    if (this.sets.size < 2) this.sets.add(described(attributes));
    const { lifetime } = attributes;
    if (lifetime === undefined) return;
    this.least = Math.min(this.least, lifetime);
    this.most = Math.max(this.most, lifetime);
  }
}

export class CookieDifferences {
  /** First key: the cookie, the request that set it, and the number of earlier faults; second key: the instance. */
  readonly #kinds = new Map<string, Map<string, Sets>>();

  /** @param era number of faults so far. Only cookies of one era are compared, because a fault may change the app */
  add(operation: Operation, era = 0): void {
    const { instance, cookies = [], action, direct } = operation;
    if (instance === undefined) return;
    for (const { name, change, attributes } of cookies) {
      if (change !== 'set' || attributes === undefined) continue;
      const key = `${name} at a ${action}${direct === true ? ' sent directly' : ''} after ${era} faults`;
      if (this.#kinds.size >= REMEMBERED && !this.#kinds.has(key)) return;
      const kind = getOrInsert(this.#kinds, key, () => new Map<string, Sets>());
      getOrInsert(kind, instance, () => new Sets(operation)).add(attributes);
    }
  }

  differences(): Violation[] {
    return [...this.#kinds].flatMap(([key, instances]) => {
      const [cookie = ''] = key.split(' ');
      const steady = [...instances].filter(([, { times, sets }]) => times >= ALIKE && sets.size === 1);
      for (const [instance, mine] of steady) {
        for (const [other, theirs] of steady) {
          if (other <= instance) continue;
          const both = [setOf(mine), setOf(theirs)] as const;
          const lasts = [`lasts ${mine.most} s`, `lasts ${theirs.most} s`] as const;
          const isAlike = both[0] === both[1];
          if (!isAlike || (key.includes(' at a login') && apart(mine, theirs)))
            return [differs(cookie, [instance, mine], [other, theirs], isAlike ? lasts : both)];
        }
      }
      return [];
    });
  }
}

const setOf = ({ sets }: Sets): string => [...sets][0] ?? '';

export function described({ httpOnly, secure, sameSite, path, domain, lifetime }: CookieAttributes): string {
  return [
    `${httpOnly ? '' : 'no '}HttpOnly`,
    `${secure ? '' : 'no '}Secure`,
    `SameSite ${sameSite ?? 'absent'}`,
    `Path ${path ?? 'absent'}`,
    `Domain ${domain ?? 'absent'}`,
    lifetime === undefined ? 'no expiry' : 'an expiry',
  ].join(', ');
}

/** Returns whether the lifetimes of two cookies, if they have lifetimes, differ by more than 2 s and 5 %. */
function apart(a: Sets, b: Sets): boolean {
  // A cookie without a lifetime lasts until the browser closes.
  if (a.least > a.most) return false;
  const gap = Math.max(a.least - b.most, b.least - a.most);
  return gap * 1e6 > timeoutTolerance(Math.max(a.most, b.most) * 1e6);
}

function differs(
  cookie: string,
  [instance, mine]: [string, Sets],
  [other, theirs]: [string, Sets],
  [one, two]: readonly [string, string],
): Violation {
  return {
    at: undefined,
    summary: `${instance} and ${other} set the cookie ${cookie} with different attributes: ${apartIn(one, two)}`,
    witness: inOrder([
      [mine.example, `set ${cookie}: ${one}`],
      [theirs.example, `set ${cookie}: ${two}`, `${cookie} as ${instance} sets it`],
    ]),
  };
}

export function apartIn(one: string, two: string): string {
  const [a, b] = [one.split(', '), two.split(', ')];
  const parts = a.flatMap((part, i) => (part === b[i] ? [] : [`${part} against ${b[i]}`]));
  return parts.join(', ');
}
