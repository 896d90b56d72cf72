/** Sends one HTTP request and returns its response. It knows nothing of cookies and outcomes. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Failure } from '../core/response/outcome.ts';
import { bodyText } from './body.ts';
import { isDistrust } from './certificate.ts';
import { closedUnanswered } from './kept-connection.ts';
import type { Network } from './network.ts';

export interface Outgoing {
  method: string;
  headers: Record<string, string>;
  body: string | null;
  /** Timeout for the whole response, milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
  /** Called before the request is sent a second time. Absent: the request is never sent twice. */
  again: (() => void) | undefined;
}

/** The head of a response: status and headers have arrived, and the body is not yet read. */
export interface Head {
  status: number;
  headers: IncomingHttpHeaders;
  body(): Promise<string>;
}

/**
 * Sends a request over the shared connections. A server may close a kept-alive connection just when the request leaves.
 * Then the request is sent once more on a new connection, like in browsers (RFC 9112, 9.3.1). If `network.apart` is
 * true, a request that must not be sent twice never uses a kept-alive connection.
 *
 * @throws errors of undici
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

/** @param fresh true: use a connection that has carried no request */
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
