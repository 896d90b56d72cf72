import { Router } from 'express';
import type { CsrfProtection } from '../csrf.ts';
import type { Cards } from '../data/cards.ts';
import { done, show } from '../pages.ts';
import type { Pictures } from '../pictures.ts';
import { field, notYourCard, requireUser, userOf } from './guard.ts';

export interface PictureDeps {
  readonly cards: Cards;
  readonly csrf: CsrfProtection;
  readonly pictures: Pictures;
}

/**
 * Serves GET and POST /cards/:id/picture. Only the POST changes the card's picture: the redirect from the bucket
 * changes nothing.
 */
export function pictureRoutes({ cards, csrf, pictures }: PictureDeps): Router {
  const router = Router();
  router.use(requireUser);

  router.get('/:id/picture', async (request, response) => {
    const user = userOf(request);
    const card = await cards.owned(request.params.id, user);
    if (!card) throw notYourCard();
    const { key } = request.query;
    const isUploaded = typeof key === 'string' && key !== '';
    const data = isUploaded ? { key } : { upload: await pictures.form({ user, card: card.id }) };
    show(request, response, { view: 'picture', title: 'Picture', data: { card, ...data } });
  });

  router.post<{ id: string }>('/:id/picture', csrf.require, async (request, response) => {
    const user = userOf(request);
    const { id } = request.params;
    const picture = await pictures.accept({ user, card: id }, field(request, 'key') ?? '');
    if (!(await cards.show(id, user, picture))) throw notYourCard();
    done(request, response, '/dashboard', { id });
  });
  return router;
}
