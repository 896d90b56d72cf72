/** One request and its answer over HTTP, without cookies and without judgement. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Failure } from '../core/outcome.ts';
import { bodyText } from './body.ts';
import { isDistrust } from './certificate.ts';
import { closedUnanswered } from './kept-connection.ts';
import type { Network } from './network.ts';

export interface Outgoing {
  method: string;
  headers: Record<string, string>;
  body: string | null;
  /** For the whole answer, milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
  /** Told that it is sent a second time; absent: it never is. */
  again: (() => void) | undefined;
}

/** The beginning of an answer: status and headers are there, the body is still to be read. */
export interface Head {
  status: number;
  headers: IncomingHttpHeaders;
  body(): Promise<string>;
}

/**
 * Over the shared connections. Where a kept one was closed just when the request left, it is sent once more on a fresh
 * one, as browsers do (RFC 9112, 9.3.1). What may not be sent twice can be kept from such connections altogether.
 *
 * @throws what undici throws
 */
export async function exchange(network: Network, url: URL, outgoing: Outgoing): Promise<Head> {
  try {
    return await over(network, url, outgoing, network.apart && outgoing.again === undefined);
  } catch (error) {
    if (outgoing.again === undefined || !closedUnanswered(error)) throw error;
    outgoing.again();
    return await over(network, url, outgoing, true);
  }
}

/** @param fresh on a connection that has had no request */
async function over(
  { dispatcher, fresh: closing, http2 }: Network,
  url: URL,
  outgoing: Outgoing,
  fresh: boolean,
): Promise<Head> {
  if (http2.offered(url)) {
    const head = await http2.request(url, outgoing, fresh);
    if (head !== undefined) return head;
  }
  const until = performance.now() + outgoing.timeout;
  const { statusCode, headers, body } = await (fresh ? closing : dispatcher).request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: outgoing.method as Dispatcher.HttpMethod,
    headers: outgoing.headers,
    body: outgoing.body,
    headersTimeout: outgoing.timeout,
    bodyTimeout: outgoing.timeout,
    signal: outgoing.signal ?? null,
  });
  return { status: statusCode, headers, body: () => bodyText(body, headers, until) };
}

export function failureOf(error: unknown): Failure {
  const { name, code } = error as { name?: string; code?: string };
  // Given up by us: at once, or when a time had passed.
  if (name === 'AbortError' || name === 'TimeoutError') return 'aborted';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'refused';
  if (isDistrust(code)) return 'certificate';
  if (code === 'BODY_TOO_LARGE') return 'oversized';
  if (code === 'BODY_GARBLED') return 'garbled';
  return code?.includes('TIMEOUT') ? 'timeout' : 'reset';
}
