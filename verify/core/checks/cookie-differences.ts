/** Compares the attributes with which different instances set the session cookie. They should be the same. */
import { getOrInsert } from '../get-or-insert.ts';
import type { CookieAttributes, Operation } from '../history/history.ts';
import { inOrder, stepsOf } from '../result/verdict.ts';
import { timeoutTolerance } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';

/** Two instances are compared if each has set the cookie at least this often, always in the same way. */
const ALIKE = 3;
/** Maximum number of entries in `#kinds`. Kinds of requests that come later are not compared. */
const REMEMBERED = 1000;

/** The attributes with which one instance set a cookie in responses to one kind of request. */
interface Sets {
  times: number;
  /** The different attributes, as texts. At most two are kept, because two prove that they vary. */
  sets: Set<string>;
  /** The shortest lifetime of the cookie, seconds. `most`: the longest. */
  least: number;
  most: number;
  example: Operation;
}

export class CookieDifferences {
  /** By kind of request, such as `sid at a login sent directly after 1 faults`, then by instance. */
  readonly #kinds = new Map<string, Map<string, Sets>>();

  /** `era`: number of faults so far. Eras are not compared: after a fault, the app may be another version. */
  add(operation: Operation, era = 0): void {
    const { instance, cookies = [], action, direct } = operation;
    if (instance === undefined) return;
    for (const { name, change, attributes } of cookies) {
      if (change !== 'set' || attributes === undefined) continue;
      const key = `${name} at a ${action}${direct === true ? ' sent directly' : ''} after ${era} faults`;
      if (this.#kinds.size >= REMEMBERED && !this.#kinds.has(key)) return;
      const kind = getOrInsert(this.#kinds, key, () => new Map());
      take(kind, instance, attributes, operation);
    }
  }

  /** @returns at most one violation for each kind of request */
  differences(): Violation[] {
    return [...this.#kinds].flatMap(([key, instances]) => {
      const [cookie = ''] = key.split(' ');
      const steady = [...instances].filter(([, { times, sets }]) => times >= ALIKE && sets.size === 1);
      for (const [instance, mine] of steady) {
        for (const [other, theirs] of steady) {
          if (other <= instance) continue;
          const both = [setOf(mine), setOf(theirs)] as const;
          const lasts = [`lasts ${mine.most} s`, `lasts ${theirs.most} s`] as const;
          const atLogin = key.includes(' at a login') && apart(mine, theirs);
          if (both[0] !== both[1] || atLogin)
            return [differs(cookie, [instance, mine], [other, theirs], both[0] === both[1] ? lasts : both)];
        }
      }
      return [];
    });
  }
}

function take(
  kind: Map<string, Sets>,
  instance: string,
  attributes: CookieAttributes,
  example: Operation,
): void {
  const [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const of = getOrInsert(kind, instance, () => ({ times: 0, sets: new Set(), least, most, example }));
  of.times++;
  if (of.sets.size < 2) of.sets.add(described(attributes));
  const { lifetime } = attributes;
  if (lifetime === undefined) return;
  of.least = Math.min(of.least, lifetime);
  of.most = Math.max(of.most, lifetime);
}

const setOf = ({ sets }: Sets): string => [...sets][0] ?? '';

/** Returns the attributes of a cookie as a text, without its lifetime. */
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

/** Returns whether the cookie lifetimes of two instances differ by more than 2 s and more than 5 %. */
function apart(a: Sets, b: Sets): boolean {
  // If no lifetime was seen, the cookie lasts until the browser closes, and is not compared.
  if (a.least > a.most || b.least > b.most) return false;
  const gap = Math.max(a.least - b.most, b.least - a.most);
  return gap * 1e6 > timeoutTolerance(Math.max(a.most, b.most) * 1e6);
}

function differs(
  cookie: string,
  [instance, mine]: [string, Sets],
  [other, theirs]: [string, Sets],
  [one, two]: readonly [string, string],
): Violation {
  const steps = stepsOf(
    [mine.example, `set ${cookie}: ${one}`],
    [theirs.example, `set ${cookie}: ${two}`, `${cookie} as ${instance} sets it`],
  );
  return {
    summary: `${instance} and ${other} set the cookie ${cookie} with different attributes: ${apartIn(one, two)}`,
    witness: inOrder(steps),
  };
}

/** Returns the parts in which two descriptions of attributes differ. */
export function apartIn(one: string, two: string): string {
  const [a, b] = [one.split(', '), two.split(', ')];
  const parts = a.flatMap((part, i) => (part === b[i] ? [] : [`${part} against ${b[i]}`]));
  return parts.join(', ');
}
