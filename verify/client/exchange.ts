/**
 * Defines one HTTP request and its response as bytes on a connection, without cookies and outcomes. Names the
 * failures of requests.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Failure } from '../core/response/outcome.ts';
import type { BodyFacts, Reply } from '../core/response/reply.ts';
import { bodyOf, type LastBody, textOf } from './body.ts';
import { isDistrust, reasonOf } from './certificate.ts';
import type { Cookies } from './jar.ts';
import type { RequestHead } from './request-text.ts';

export interface Outgoing {
  /** Scheme, host and port of the server. */
  origin: string;
  /** Path and query. */
  path: string;
  method: string;
  /** The headers that many requests share. */
  head: RequestHead;
  /** The headers of this request only: names and values in turn. */
  own: readonly string[];
  body: string | null;
  /** Timeout for the whole response, milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
  /** True: a redirect counts as complete when its head has come. Its body is read in the background. */
  early: boolean;
  /** True: the request may be sent a second time. */
  repeatable: boolean;
  /** True once the request was sent a second time. */
  resent: boolean;
  /** The cookies among the headers. */
  cookies: Cookies['list'];
  /** The body of the session's last response to a GET with the same cookies. */
  last: LastBody | undefined;
  watch: Watch | undefined;
}

/** Follows a request: names it, and receives its moments. */
export interface Watch {
  /** The id that is sent as X-Request-Id, and in headers of the target file with a placeholder for this id. */
  readonly id: string;
  /** True: the request is never sent a second time, even if it is a GET. */
  readonly once: boolean;
  /** Called before a connection is opened. A kept connection needs no opening. */
  begins(): void;
  /**
   * Called when the connection is open, before the first byte leaves. If the request is sent a second time, called
   * again.
   */
  departs(cookies: Cookies['list']): void;
  /** Called when the last byte of the response has come, before anything reads it. */
  arrives(): void;
}

export interface ResponseHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** The decoded body; empty if the response was complete at its head. */
  body: string | Promise<string>;
  /** The facts about the body, if other responses share them. */
  facts?: BodyFacts;
  /**
   * Resolves when the body of a redirect that counted as complete at its head has come. Absent if the response is
   * complete.
   */
  rest?: Promise<unknown>;
}

/** Returns whether to send a failed request a second time, and marks the request as resent. */
export function mayGoAgain(outgoing: Outgoing, error: Error): boolean {
  if (!outgoing.repeatable || outgoing.resent || !lost.has(error)) return false;
  outgoing.resent = true;
  return true;
}

/**
 * Reads the body of a response whose head has come.
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

/** Errors of requests whose kept-alive connection was closed without a response. */
export const lost = new WeakSet<object>();

export function failureOf(error: unknown): Failure {
  const { name, code } = error as { name?: string; code?: string };
  // Baton aborted the request: because of a signal, or after a timeout.
  if (name === 'AbortError' || name === 'TimeoutError') return 'aborted';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'refused';
  if (isDistrust(code)) return 'certificate';
  if (code === 'BODY_TOO_LARGE') return 'oversized';
  if (code === 'BODY_GARBLED') return 'garbled';
  return code?.includes('TIMEOUT') ? 'timeout' : 'reset';
}

/** Returns the reply of a request without a complete response. */
export function failed(error: unknown, { resent }: Outgoing): Reply {
  const failure = failureOf(error);
  const reply: Reply = { failure, headers: {}, body: '', cookies: [] };
  if (failure === 'certificate') reply.distrusted = reasonOf(error as Error);
  if (resent) reply.resent = true;
  return reply;
}
