import type { Request, RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import type { PlainParts } from './parts.ts';

export interface RouteOptions {
  readonly redis: Redis;
  /** Duration of requests that are slow on purpose, milliseconds. */
  readonly workMs: number;
  readonly parts: PlainParts;
}

/** Lets signed-in users pass, and redirects other clients to the login. */
export const signedIn: RequestHandler = (request, response, next) => {
  if (request.session?.user) next();
  else response.redirect(303, '/app/login');
};

/** Returns the user of a request that has passed the middleware `signedIn`. */
export function userOf(request: Request): string {
  return request.session.user ?? '';
}

/** Returns a form field; undefined if the field is missing, empty or longer than 2000 characters. */
export function textOf(request: Request, field: string): string | undefined {
  const text: unknown = request.body?.[field];
  return typeof text === 'string' && text !== '' && text.length <= 2_000 ? text : undefined;
}
