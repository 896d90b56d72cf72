import { Router } from 'express';
import type { Baskets } from '../baskets.ts';
import type { Cards } from '../data/cards.ts';
import type { Users } from '../data/users.ts';
import { show } from '../pages.ts';
import type { Pictures } from '../pictures.ts';
import { requireUser, userOf } from './guard.ts';

const ON_FRONT_PAGE = 8;

export interface PageDeps {
  readonly users: Users;
  readonly cards: Cards;
  readonly baskets: Baskets;
  readonly pictures: Pictures | undefined;
}

/** Serves GET /, /dashboard and /market. */
export function pageRoutes({ users, cards, baskets, pictures }: PageDeps): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const market = await cards.forSale(ON_FRONT_PAGE);
    show(request, response, {
      view: 'landing',
      title: 'Cards that say it',
      data: { cards: market },
    });
  });

  router.get('/market', async (request, response) => {
    show(request, response, {
      view: 'market',
      title: 'Market',
      data: { cards: await cards.forSale() },
    });
  });

  router.get('/dashboard', requireUser, async (request, response) => {
    const email = userOf(request);
    const [user, owned, items] = await Promise.all([
      users.find(email),
      cards.ownedBy(email),
      baskets.items(request),
    ]);
    if (!user)
      throw new Error('expected a user record for a signed-in user, found none: was the database emptied?');
    const data = {
      name: user.name,
      balance: user.balance,
      cards: owned,
      basket: items.map(item => item.text),
      pictures: pictures !== undefined,
    };
    show(request, response, { view: 'dashboard', title: 'Dashboard', data });
  });
  return router;
}
