/** Contains functions for routes that need a signed-in user or a form's fields. */
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { Refusal } from '../failures.ts';
import { wantsJson } from '../pages.ts';
import { signedInUser } from '../session.ts';

/** Parses an email address. Trims and lowercases it, so that each address has only one spelling. */
export const email = z.string().trim().toLowerCase().max(254).pipe(z.email());

/** Lets signed-in users pass. Redirects other browsers to the login page, and sends 401 to other programs. */
export const requireUser: RequestHandler = (request, response, next) => {
  if (signedInUser(request) !== undefined) return next();
  response.vary('Accept');
  if (wantsJson(request))
    response.status(401).json({ error: 'Not signed in. Sign in at /login and send this again.' });
  else response.redirect(303, '/login');
};

/** Returns the user's email address. Throws Refusal 401 if no user is signed in. */
export function userOf(request: Request): string {
  const user = signedInUser(request);
  if (user === undefined) throw new Refusal(401, 'Not signed in. Sign in and send this again.');
  return user;
}

/** Returns a form field; undefined if the field is missing or not text. */
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
