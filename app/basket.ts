/**
 * The basket in a session: items that wait for checkout. Each item is a session attribute of its own
 * (`basket:<text>`), so that the redis-attributes store never lets one item undo another.
 */
import { randomBytes } from 'node:crypto';
import type { SessionData } from 'express-session';
import { Refusal } from './failures.ts';

export const MAX_ITEMS = 200;
/** In credits, for every made-to-order card. */
export const CARD_PRICE = 5;

const PREFIX = 'basket:';
const TEXT = /^[\p{L}\p{M}\p{N}._' -]{1,64}$/u;

interface Waiting {
  /** Milliseconds since the epoch. */
  addedAt: number;
  /** Id of the card to be: a checkout that is repeated after a lost answer finds it and charges nothing. */
  card: string;
}

export interface BasketItem extends Waiting {
  text: string;
}

type Basket = Partial<SessionData>;

declare module 'express-session' {
  interface SessionData {
    [item: `basket:${string}`]: Waiting;
  }
}

/** The items, oldest first. */
export function itemsOf(basket: Basket): BasketItem[] {
  const items: BasketItem[] = [];
  for (const name of Object.keys(basket)) {
    const waiting = isItemName(name) ? basket[name] : undefined;
    if (waiting) items.push({ text: name.slice(PREFIX.length), ...waiting });
  }
  return items.sort((a, b) => a.addedAt - b.addedAt || (a.text < b.text ? -1 : 1));
}

/** Puts a card with this inscription in; one that is there already stays. Throws Refusal 422 or 409. */
export function addItem(basket: Basket, text: unknown): void {
  const name = itemName(text);
  if (Object.hasOwn(basket, name)) return;
  if (itemsOf(basket).length >= MAX_ITEMS) throw full();
  basket[name] = waiting();
}

/** What is remembered of a card that waits from now on. */
export function waiting(): Waiting {
  return { addedAt: Date.now(), card: randomBytes(9).toString('base64url') };
}

export function full(): Refusal {
  return new Refusal(
    409,
    `A basket holds ${MAX_ITEMS} cards and yours is full. Check out or remove one first.`,
  );
}

/** Takes a card out; one that is not there is no error. Throws Refusal 422. */
export function removeItem(basket: Basket, text: unknown): void {
  delete basket[itemName(text)];
}

/** The text of a card, if it may be one. Throws Refusal 422. */
export function inscription(text: unknown): string {
  if (typeof text === 'string' && TEXT.test(text)) return text;
  throw new Refusal(422, "An inscription has 1 to 64 letters, digits, spaces or . _ ' - and nothing else.");
}

function itemName(text: unknown): `basket:${string}` {
  return `${PREFIX}${inscription(text)}`;
}

function isItemName(name: string): name is `basket:${string}` {
  return name.startsWith(PREFIX);
}
