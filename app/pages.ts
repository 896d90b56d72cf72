/** Sends responses as HTML to browsers, or as JSON to programs. */
import { join } from 'node:path';
import { Eta } from 'eta';
import type { Request, Response } from 'express';
import { CARD_PRICE } from './basket.ts';
import { signedInUser } from './session.ts';

const eta = new Eta({ views: join(import.meta.dirname, 'views'), cache: true });

type View = 'landing' | 'login' | 'register' | 'activation' | 'dashboard' | 'market' | 'picture' | 'problem';

export interface Page {
  readonly view: View;
  readonly title: string;
  /** Content of the page: JSON for programs, and the template's data for browsers. */
  readonly data: Record<string, unknown>;
  readonly status?: number;
}

/** Returns true if the client prefers JSON. A client that accepts any type gets HTML. */
export function wantsJson(request: Request): boolean {
  return request.accepts(['html', 'json']) === 'json';
}

export function show(request: Request, response: Response, page: Page): void {
  const user = signedInUser(request) ?? null;
  response.status(page.status ?? 200).vary('Accept');
  if (wantsJson(request)) {
    response.json(page.view === 'problem' ? page.data : { user, csrf: request.csrfToken?.(), ...page.data });
    return;
  }
  const csrf = needsToken(page.view, user) ? request.csrfToken?.() : undefined;
  const html = eta.render(page.view, {
    ...page.data,
    title: page.title,
    view: page.view,
    status: response.statusCode,
    user,
    csrf,
    tone,
    instance: response.get('X-Instance-Id'),
    request: response.get('X-Request-Id'),
    cardPrice: CARD_PRICE,
  });
  response.type('html').send(html);
}

/** Returns the number of a colour, from 1 to 6. A card always has the same colour. */
function tone(card: string): number {
  return ([...card].reduce((sum, character) => sum + character.charCodeAt(0), 0) % 6) + 1;
}

/** Returns false for a visitor's page without a form: it needs no form token, and thus no cookie. */
function needsToken(view: View, user: string | null): boolean {
  return user !== null || view === 'login' || view === 'register' || view === 'activation';
}

/** Responds after a change: redirects browsers to the page `next`, and sends `data` as JSON to programs. */
export function done(request: Request, response: Response, next: string, data: object, status = 200): void {
  response.vary('Accept');
  if (wantsJson(request)) response.status(status).json(data);
  else response.redirect(303, next);
}
