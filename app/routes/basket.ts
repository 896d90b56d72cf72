import { Router } from 'express';
import { CARD_PRICE } from '../basket.ts';
import type { Baskets } from '../baskets.ts';
import type { CsrfProtection } from '../csrf.ts';
import type { Cards } from '../data/cards.ts';
import { Refusal } from '../failures.ts';
import { done } from '../pages.ts';
import { field, requireUser, userOf } from './guard.ts';

export interface BasketDeps {
  readonly baskets: Baskets;
  readonly cards: Cards;
  readonly csrf: CsrfProtection;
  /** Charges the user for a checkout. Resolves once the payment is confirmed. */
  readonly pay: () => Promise<void>;
}

/** Serves POST /basket/items, /basket/remove and /basket/checkout. */
export function basketRoutes({ baskets, cards, csrf, pay }: BasketDeps): Router {
  const router = Router();
  router.use(requireUser);
  // Only POST requests have a form. Other methods get 404.
  router.post('/{*path}', csrf.require);

  router.post('/items', async (request, response) => {
    const items = await baskets.add(request, field(request, 'item'));
    done(request, response, '/dashboard', { basket: items.map(item => item.text) }, 201);
  });

  router.post('/remove', async (request, response) => {
    const items = await baskets.remove(request, [field(request, 'item')]);
    done(request, response, '/dashboard', { basket: items.map(item => item.text) });
  });

  router.post('/checkout', async (request, response) => {
    const items = await baskets.items(request);
    if (items.length === 0) throw new Refusal(409, 'Your basket is empty. Add a card first.');
    await pay();
    const paid = await cards.checkout(userOf(request), items, CARD_PRICE);
    if (!paid)
      throw new Refusal(409, `You need ${items.length * CARD_PRICE} credits for this basket. Remove a card.`);
    // Removes only the paid items, because concurrent requests may have added more. If the removal fails, a second
    // checkout does not charge the user again.
    const texts = items.map(item => item.text);
    await baskets.remove(request, texts);
    done(request, response, '/dashboard', {
      cards: items.map(item => ({ id: item.card, text: item.text })),
    });
  });
  return router;
}
