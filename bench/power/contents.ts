/** Compares the contents of sessions, to find out whether a save loses or restores data. */
import type { SessionData } from 'express-session';
import { copyOf } from '../../zoo/stores/stock.ts';

/** A session as loaded from the store; null if the store does not have the session. */
export type Loaded = SessionData | null;

/** Omits the expiry, which differs between equal copies. */
const contentOf = (data: Partial<SessionData> | null): string => {
  const { cookie: _, ...content } = data ?? {};
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
};

export const differ = (one: Loaded, other: Loaded): boolean => contentOf(one) !== contentOf(other);
export const owners = (one: Loaded, other: Loaded): boolean =>
  one?.user !== undefined && other?.user !== undefined && one.user !== other.user;

/** Returns a session without its oldest item; undefined if it has at most one item. */
export function withoutOldest(data: SessionData): SessionData | undefined {
  const copy = copyOf(data);
  const items = Object.keys(copy).filter((name): name is `basket:${string}` => name.startsWith('basket:'));
  const [first] = items;
  if (items.length > 1 && first !== undefined) delete copy[first];
  else if (copy.cart !== undefined && copy.cart.length > 1) copy.cart.shift();
  else return undefined;
  return copy;
}

/** Returns a session with its login but without its items; undefined if it has no item. */
export function withoutItems(data: SessionData): SessionData | undefined {
  const copy = copyOf(data);
  const names = Object.keys(copy).filter(
    (name): name is `basket:${string}` =>
      name.startsWith('basket:') || (name === 'cart' && !!copy.cart?.length),
  );
  for (const name of names) delete copy[name];
  return names.length > 0 ? copy : undefined;
}

const textsOf = (data: Partial<SessionData>): Map<string, string> =>
  new Map(
    Object.entries({ ...data, cookie: undefined }).map(([name, value]) => [name, JSON.stringify(value)]),
  );

/**
 * Returns true if saving `data` would undo a concurrent change.
 * @param before the session as the request loaded it
 * @param stored the session that a concurrent request has saved since
 */
export function undoes(data: SessionData, before: SessionData, stored: SessionData): boolean {
  const [own, was, now] = [textsOf(data), textsOf(before), textsOf(stored)] as const;
  return [...was.keys(), ...now.keys()].some(
    name => own.get(name) === was.get(name) && now.get(name) !== was.get(name),
  );
}
