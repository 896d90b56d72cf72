/** Answers as people read them (HTML) or as programs do (JSON), from the same data. */
import { join } from 'node:path';
import { Eta } from 'eta';
import type { Request, Response } from 'express';
import { CARD_PRICE } from './basket.ts';
import { signedInUser } from './session.ts';

const eta = new Eta({ views: join(import.meta.dirname, 'views'), cache: true });

type View = 'landing' | 'login' | 'register' | 'dashboard' | 'market' | 'problem';

export interface Page {
  readonly view: View;
  readonly title: string;
  /** What the JSON view consists of, and the template draws. */
  readonly data: Record<string, unknown>;
  readonly status?: number;
}

/** True if the client prefers JSON; a browser, or a client that takes anything, gets HTML. */
export function wantsJson(request: Request): boolean {
  return request.accepts(['html', 'json']) === 'json';
}

/** Answers with a page: the last thing done for a request. */
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
    ...{ title: page.title, view: page.view, status: response.statusCode, user, csrf, tone },
    ...{
      instance: response.get('X-Instance-Id'),
      request: response.get('X-Request-Id'),
      cardPrice: CARD_PRICE,
    },
  });
  response.type('html').send(html);
}

/** One of six colours, always the same for a card. */
function tone(card: string): number {
  return ([...card].reduce((sum, character) => sum + character.charCodeAt(0), 0) % 6) + 1;
}

/** A visitor who only looks around needs no token, and so no cookie. */
function needsToken(view: View, user: string | null): boolean {
  return user !== null || view === 'login' || view === 'register';
}

/** Answers a change that is done: browsers go on to a page, programs get `data`. */
export function done(request: Request, response: Response, next: string, data: object, status = 200): void {
  response.vary('Accept');
  if (wantsJson(request)) response.status(status).json(data);
  else response.redirect(303, next);
}
