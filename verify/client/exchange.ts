/** Defines one HTTP request and its response, and the names of failures, such as `timeout`. Knows no sessions. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Failure } from '../core/response/outcome.ts';
import type { BodyFacts, Reply } from '../core/response/reply.ts';
import { bodyOf, type LastBodies, textOf } from './body.ts';
import { isDistrust, reasonOf } from './certificate.ts';
import type { Cookies } from './jar.ts';
import type { RequestHead } from './request-text.ts';

export interface Outgoing {
  /** Scheme, host and port of the server. */
  origin: string;
  /** Path and query. */
  path: string;
  method: string;
  /** Headers that many requests have in common. Their text is built only once. */
  head: RequestHead;
  /** Headers of this request only, as a list: name, value, name, value. */
  own: readonly string[];
  body: string | null;
  /** Timeout for the whole response, milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
  /** If true, a redirect counts as complete when its header has arrived. Its body is read in the background. */
  early: boolean;
  /** If true, the request may be sent again after the connection was closed without a response. */
  repeatable: boolean;
  /** True if the request was sent again. */
  resent: boolean;
  cookies: Cookies['list'];
  /**
   * The bodies of the last responses to the same GET request with the same cookies. An equal body need not be
   * decoded again.
   */
  last: LastBodies | undefined;
  watch: Watch | undefined;
}

/** The id of a request, and the functions that it calls when it begins and ends. */
export interface Watch {
  /** The id of the request, sent as X-Request-Id and for the placeholder {request}. */
  readonly id: string;
  /** If true, the request must not be sent again, even if it is a GET. */
  readonly once: boolean;
  /** Called before a new connection is opened. */
  begins(): void;
  /** Called before the first byte is sent, also when the request is sent again. `cookies` are those of the request. */
  departs(cookies: Cookies['list']): void;
  /** Called when the last byte of the response has arrived. */
  arrives(): void;
}

export interface ResponseHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** The decoded body; empty for a redirect that counted as complete when its header had arrived. */
  body: string | Promise<string>;
  /** What earlier searches have found in an equal body, so that it is not searched again. */
  facts?: BodyFacts;
  /** For a redirect that counted as complete before its body arrived: resolves when the body has arrived. */
  rest?: Promise<unknown>;
}

/** Returns whether to send a failed request again, and marks it as sent again. */
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

/**
 * Errors of requests that got no response, because the server closed a connection that it had kept open. Such
 * a request may be sent again.
 */
export const lost = new WeakSet<object>();

export function failureOf(error: unknown): Failure {
  const { name, code } = error as { name?: string; code?: string };
  // Baton aborted the request itself, by a signal or a timeout.
  if (name === 'AbortError' || name === 'TimeoutError') return 'aborted';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'refused';
  if (isDistrust(code)) return 'certificate';
  if (code === 'BODY_TOO_LARGE') return 'oversized';
  if (code === 'BODY_GARBLED') return 'garbled';
  return code?.includes('TIMEOUT') ? 'timeout' : 'reset';
}

/** Returns the reply for a request that got no complete response. */
export function failed(error: unknown, { resent }: Outgoing): Reply {
  const failure = failureOf(error);
  const reply: Reply = { failure, headers: {}, body: '', cookies: [] };
  if (failure === 'certificate') reply.distrusted = reasonOf(error as Error);
  if (resent) reply.resent = true;
  return reply;
}
