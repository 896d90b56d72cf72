/** Provides the functions for routes that need a signed-in user or read the fields of a form. */
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { Refusal } from '../failures.ts';
import { wantsJson } from '../pages.ts';
import { signedInUser } from '../session.ts';

/**
 * Parses an email address. Removes spaces around it and makes it lower case, so that one address has only one spelling.
 */
export const email = z.string().trim().toLowerCase().max(254).pipe(z.email());

/**
 * Middleware that lets signed-in users pass. Redirects a browser without a login to the login page, and sends 401 to a
 * program.
 */
export const requireUser: RequestHandler = (request, response, next) => {
  if (signedInUser(request) !== undefined) return next();
  response.vary('Accept');
  if (wantsJson(request))
    response.status(401).json({ error: 'Not signed in. Sign in at /login and send this again.' });
  else response.redirect(303, '/login');
};

/**
 * Returns the email address of the signed-in user. Throws Refusal 401 if no user is signed in; this cannot happen on
 * routes with the middleware `requireUser`.
 */
export function userOf(request: Request): string {
  const user = signedInUser(request);
  if (user === undefined) throw new Refusal(401, 'Not signed in. Sign in and send this again.');
  return user;
}

/** Returns a form field; undefined if it is missing or not text. */
export function field(request: Request, name: string): string | undefined {
  const value: unknown = request.body?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function notYourCard(): Refusal {
  return new Refusal(
    404,
    'You have no such card. Another user may have bought it meanwhile; look at your dashboard.',
  );
}
