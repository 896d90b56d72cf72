/** Chooses where baskets are stored, by BASKET_STORE: one basket for each session, or one for each user. */
import type { Request } from 'express';
import type { Backing } from './backing.ts';
import { addItem, type BasketItem, itemsOf, removeItem } from './basket.ts';
import type { Config } from './config.ts';
import { BasketTable } from './data/basket-table.ts';
import { userOf } from './routes/guard.ts';
import { save } from './session.ts';

/**
 * Baskets of signed-in users, each with the oldest item first. A change resolves once the store has confirmed it.
 * Throws Refusal if the change is not possible, and StoreUnavailable if the store does not confirm.
 */
export interface Baskets {
  items(request: Request): Promise<readonly BasketItem[]>;
  add(request: Request, text: unknown): Promise<readonly BasketItem[]>;
  /** Removes the items with these texts. Ignores texts that are not in the basket. */
  remove(request: Request, texts: readonly unknown[]): Promise<readonly BasketItem[]>;
}

export function createBaskets(config: Config, { database }: Backing): Baskets {
  if (config.basketStore === 'session') return inSession;
  if (database === undefined)
    throw new Error('BASKET_STORE=postgres: expected a connection to PostgreSQL (`database`), got none');
  const table = new BasketTable(database);
  return {
    items: request => table.items(userOf(request)),
    add: (request, text) => table.add(userOf(request), text),
    remove: (request, texts) => table.remove(userOf(request), texts),
  };
}

const inSession: Baskets = {
  items: async request => itemsOf(request.session),
  add: (request, text) => change(request, () => addItem(request.session, text)),
  remove: (request, texts) =>
    change(request, () => {
      for (const text of texts) removeItem(request.session, text);
    }),
};

async function change(request: Request, apply: () => void): Promise<readonly BasketItem[]> {
  apply();
  const items = itemsOf(request.session);
  await save(request);
  return items;
}
