/** One request and its answer over HTTP, without cookies and without judgement. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Failure } from '../core/outcome.ts';

export interface Outgoing {
  method: string;
  headers: Record<string, string>;
  body: string | null;
  /** For the whole answer, milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
}

/** The beginning of an answer: status and headers are there, the body is still to be read. */
export interface Head {
  status: number;
  headers: IncomingHttpHeaders;
  body(): Promise<string>;
}

/** Over the shared connections. @throws what undici throws */
export async function exchange(dispatcher: Dispatcher, url: URL, outgoing: Outgoing): Promise<Head> {
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
