/** Defines one HTTP request and its response as they are sent, without cookies and outcomes; names its failures. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../core/response/outcome.ts';
import { isDistrust } from './certificate.ts';

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
