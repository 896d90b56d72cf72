/** Turns every error of a request into a page that describes the problem and says what to do. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { Refusal, StoreUnavailable } from './failures.ts';
import { logFailure } from './log.ts';
import { show } from './pages.ts';
import { abandon } from './session.ts';

const TITLES: Record<number, string> = {
  400: 'Not understood',
  403: 'Form out of date',
  404: 'Nothing here',
  409: 'Not possible right now',
  410: 'Link expired',
  413: 'Too large',
  422: 'Please check your input',
  503: 'One moment, please',
};

const STORE_DOWN =
  'The store did not respond, so we do not know whether this was done. You are still signed in. Try again in a moment.';

export const nothingHere: RequestHandler = (_request, _response, next) => {
  next(new Refusal(404, 'There is no page at this address. Check it, or start again from the front page.'));
};

/** Returns the Express error handler. Express recognizes error handlers by their four parameters. */
export function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { status, message } = describe(error);
    const failed = error instanceof Refusal ? error.cause : error;
    if (status >= 500 && failed !== undefined) logFailure(log, request, response, failed);
    // No error page is possible if express-session fails to prolong the session after the response.
    if (response.headersSent) return;
    if (status === 503) {
      // A response with status 503 must neither set a cookie nor save the session.
      abandon(request);
      response.removeHeader('Set-Cookie');
      response.set('Retry-After', '1');
    }
    const title = TITLES[status] ?? 'Something went wrong';
    show(request, response, {
      view: 'problem',
      status,
      title,
      data: { error: message },
    });
  };
}

function describe(error: unknown): { status: number; message: string } {
  if (error instanceof Refusal) return { status: error.status, message: error.message };
  if (error instanceof StoreUnavailable) return { status: 503, message: STORE_DOWN };
  // Errors of the body parsers: the body is too large or malformed, or has an unknown charset.
  if (isClientError(error))
    return {
      status: error.status,
      message: `The request was not understood: ${error.message}.`,
    };
  return {
    status: 500,
    message: 'This is our fault, not yours. Try again; the request id helps us to find out why.',
  };
}

function isClientError(error: unknown): error is Error & { status: number } {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}
