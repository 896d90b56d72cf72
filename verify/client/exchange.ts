/** Defines one HTTP request and its response, and the names of failures, such as `timeout`. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { BodyFacts, Failure, Reply } from '../core/response/reply.ts';
import { bodyOf, type LastBodies, textOf } from './body.ts';
import { isDistrust, reasonOf } from './certificate.ts';
import type { Cookies } from './jar.ts';
import type { RequestHead } from './request-text.ts';

export interface Outgoing {
  origin: string;
  path: string;
  method: string;
  /** Headers that many requests have in common, so that their text is built only once. */
  head: RequestHead;
  /** Headers of this request only: name, value, name, value. */
  own: readonly string[];
  body: string | null;
  /** Maximum time to the end of the response, milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
  /** If true, a redirect is complete when its headers have arrived. The body is read in the background. */
  early: boolean;
  /** If true, the request can be sent again after the server closed the connection without a response. */
  repeatable: boolean;
  resent: boolean;
  cookies: Cookies['list'];
  /** The last response bodies of the same GET with the same cookies. An equal body need not be decoded again. */
  last: LastBodies | undefined;
  watch: Watch | undefined;
}

export interface Watch {
  /** Sent as X-Request-Id, and for the placeholder {request}. */
  readonly id: string;
  /** If true, the request must not be sent again, even if it is a GET. */
  readonly once: boolean;
  begins(): void;
  /** Called before the first byte is sent, and again before each resend. */
  departs(cookies: Cookies['list']): void;
  arrives(): void;
}

export interface ResponseHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** Status line and headers as they were sent; absent over HTTP/2. */
  head?: string;
  /** The decoded body; empty for a redirect whose body is read in the background. */
  body: string | Promise<string>;
  facts?: BodyFacts;
  /** Resolves when the body of a redirect has arrived. The body is read in the background. */
  rest?: Promise<unknown>;
}

/** Returns whether a failed request can be sent again. Marks the request, so that it is resent at most once. */
export function mayGoAgain(outgoing: Outgoing, error: Error): boolean {
  if (!outgoing.repeatable || outgoing.resent || !lost.has(error)) return false;
  outgoing.resent = true;
  return true;
}

/**
 * Reads the body of a response.
 *
 * @param until deadline for the whole body, on the clock of `performance`
 * @throws errors of the stream and of the body
 */
export async function answerOf(
  { early, watch }: Outgoing,
  head: Pick<ResponseHead, 'status' | 'headers'>,
  stream: Readable,
  until: number,
): Promise<ResponseHead> {
  const body = bodyOf(stream, until);
  if (early && redirects(head.status, head.headers)) {
    watch?.arrives();
    return { ...head, body: '', rest: body.catch(() => {}) };
  }
  const data = await body;
  watch?.arrives();
  return { ...head, body: await textOf(data, head.headers) };
}

export const redirects = (status: number, { location }: IncomingHttpHeaders): boolean =>
  status >= 300 && status < 400 && location !== undefined;

/** Errors of requests that got no response because the server closed the idle connection. */
export const lost = new WeakSet<object>();

export function failureOf(error: unknown): Failure {
  const { name, code } = error as { name?: string; code?: string };
  // Errors with these names mean that Baton aborted the request, by a signal or a timeout.
  if (name === 'AbortError' || name === 'TimeoutError') return 'aborted';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unresolved';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'refused';
  if (isDistrust(code)) return 'certificate';
  if (code === 'BODY_TOO_LARGE') return 'oversized';
  if (code === 'BODY_GARBLED') return 'garbled';
  return code?.includes('TIMEOUT') ? 'timeout' : 'reset';
}

/** Returns the reply for a request without a complete response. */
export function failed(error: unknown, { resent }: Outgoing): Reply {
  const failure = failureOf(error);
  const reply: Reply = { failure, headers: {}, body: '', cookies: [] };
  if (failure === 'certificate') reply.distrusted = reasonOf(error as Error);
  if (resent) reply.resent = true;
  return reply;
}
