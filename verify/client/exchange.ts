/** One request and its answer over HTTP, without cookies and without judgement. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Failure } from '../core/outcome.ts';
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
 * one, as browsers do (RFC 9112, 9.3.1).
 *
 * @throws what undici throws
 */
export async function exchange(network: Network, url: URL, outgoing: Outgoing): Promise<Head> {
  try {
    return await over(network.dispatcher, url, outgoing);
  } catch (error) {
    if (outgoing.again === undefined || !closedUnanswered(error)) throw error;
    outgoing.again();
    return await over(network.fresh, url, outgoing);
  }
}

async function over(dispatcher: Dispatcher, url: URL, outgoing: Outgoing): Promise<Head> {
  const response = await dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: outgoing.method as Dispatcher.HttpMethod,
    headers: outgoing.headers,
    body: outgoing.body,
    headersTimeout: outgoing.timeout,
    bodyTimeout: outgoing.timeout,
    signal: outgoing.signal ?? null,
  });
  return { status: response.statusCode, headers: response.headers, body: () => response.body.text() };
}

export function failureOf(error: unknown): Failure {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'AbortError') return 'aborted';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'refused';
  return code?.includes('TIMEOUT') ? 'timeout' : 'reset';
}
