import { type Request, Router } from 'express';
import type { CsrfProtection } from '../csrf.ts';
import type { Cards, Purchase } from '../data/cards.ts';
import { Refusal } from '../failures.ts';
import { done } from '../pages.ts';
import { notYourCard, requireUser, userOf } from './guard.ts';

const MAX_PRICE = 1_000_000;

const REFUSED: Record<Exclude<Purchase, 'bought'>, string> = {
  'not-for-sale': 'This card is not for sale any more. Another user bought it, or its owner took it back.',
  'price-changed': 'The price changed since you looked, so nothing was bought. Look at the market again.',
  'own-card': 'This card is yours already.',
  'too-poor': 'Your balance does not suffice for this card. Sell one first.',
};

/** Serves POST /cards/:id/list, /cards/:id/unlist and /cards/:id/buy. */
export function cardRoutes({ cards, csrf }: { cards: Cards; csrf: CsrfProtection }): Router {
  const router = Router();
  router.use(requireUser);
  // Only POST requests have a form. Other methods get 404.
  router.post('/{*path}', csrf.require);

  router.post('/:id/list', async (request, response) => {
    const { id } = request.params;
    const price = priceIn(request);
    if (!(await cards.list(id, userOf(request), price))) throw notYourCard();
    done(request, response, '/dashboard', { id, price });
  });

  router.post('/:id/unlist', async (request, response) => {
    const { id } = request.params;
    if (!(await cards.unlist(id, userOf(request)))) throw notYourCard();
    done(request, response, '/dashboard', { id, price: null });
  });

  router.post('/:id/buy', async (request, response) => {
    const { id } = request.params;
    // A purchase request without a price accepts the current price.
    const agreed = request.body?.price === undefined ? undefined : priceIn(request);
    const purchase = await cards.buy(id, userOf(request), agreed);
    if (purchase !== 'bought') throw new Refusal(409, REFUSED[purchase]);
    done(request, response, '/dashboard', { id, owner: userOf(request) });
  });
  return router;
}

/** Accepts text from a form, or a number from JSON. Throws Refusal 422 if the price is malformed. */
function priceIn(request: Request): number {
  const value: unknown = request.body?.price;
  const text = typeof value === 'number' ? String(value) : value;
  const price = typeof text === 'string' && /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (price >= 1 && price <= MAX_PRICE) return price;
  throw new Refusal(422, `A price is a whole number of credits from 1 to ${MAX_PRICE}.`);
}
