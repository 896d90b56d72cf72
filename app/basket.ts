/**
 * Reads and changes the basket in a session: the items that the user has not yet paid for. Each item is a separate
 * attribute of the session. The store redis-attributes saves each attribute separately, so it keeps concurrent changes
 * of two items.
 */
import { randomBytes } from 'node:crypto';
import type { SessionData } from 'express-session';
import { Refusal } from './failures.ts';

export const MAX_ITEMS = 200;
/** Price of a card, in credits. */
export const CARD_PRICE = 5;

const PREFIX = 'basket:';
const TEXT = /^[\p{L}\p{M}\p{N}._' -]{1,64}$/u;

interface Waiting {
  /** Time at which the item was added, milliseconds since 1970. */
  addedAt: number;
  /** Id of the card that the checkout will create. A repeated checkout finds this card and charges nothing. */
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

/** Returns the items of the basket, the oldest first. */
export function itemsOf(basket: Basket): BasketItem[] {
  const items: BasketItem[] = [];
  for (const name of Object.keys(basket)) {
    const waiting = isItemName(name) ? basket[name] : undefined;
    if (waiting) items.push({ text: name.slice(PREFIX.length), ...waiting });
  }
  return items.sort((a, b) => a.addedAt - b.addedAt || (a.text < b.text ? -1 : 1));
}

/** Adds an item. Throws Refusal 422 if the text is not a valid inscription, and Refusal 409 if the basket is full. */
export function addItem(basket: Basket, text: unknown): void {
  const name = itemName(text);
  if (Object.hasOwn(basket, name)) return;
  if (itemsOf(basket).length >= MAX_ITEMS) throw full();
  basket[name] = newItem();
}

export function newItem(): Waiting {
  return { addedAt: Date.now(), card: randomBytes(9).toString('base64url') };
}

export function full(): Refusal {
  return new Refusal(
    409,
    `A basket holds ${MAX_ITEMS} cards and yours is full. Check out or remove one first.`,
  );
}

/** Removes an item. Throws Refusal 422 if the text is not a valid inscription. */
export function removeItem(basket: Basket, text: unknown): void {
  delete basket[itemName(text)];
}

/** Returns the inscription of a card. Throws Refusal 422 if the text is not a valid inscription. */
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
