/**
 * Sends requests over HTTP/2 if the server offers it over TLS. Each connection carries one request at a time, so that
 * requests do not slow each other down.
 */

import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { connected, type TlsOptions } from './connection.ts';
import { answerOf, failureOf, lost, type Outgoing, type ResponseHead } from './exchange.ts';

/** Headers that HTTP/2 does not allow (RFC 9113, 8.2.2). */
const NOT_SENT = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

export class Http2 {
  readonly #tls: TlsOptions;
  readonly #without = new Set<string>();
  readonly #idle = new Map<string, ClientHttp2Session[]>();
  readonly #open = new Set<ClientHttp2Session>();

  constructor(tls: TlsOptions) {
    this.#tls = tls;
  }

  offered(origin: string): boolean {
    return origin.startsWith('https:') && !this.#without.has(origin);
  }

  /**
   * Sends a request. Returns undefined, without sending, if the server does not support HTTP/2.
   *
   * @param fresh if true, opens a new connection
   * @throws errors of the network
   */
  async request(outgoing: Outgoing, fresh: boolean): Promise<ResponseHead | undefined> {
    const url = new URL(outgoing.origin);
    const idle = this.#idle.get(url.origin) ?? [];
    this.#idle.set(url.origin, idle);
    const kept = fresh ? undefined : idle.pop();
    const session = kept ?? (await this.#connected(url, outgoing));
    if (session === undefined) return undefined;
    outgoing.watch?.departs(outgoing.cookies);
    const stream = session.request(headersOf(url, outgoing), { endStream: outgoing.body === null });
    let freed = false;
    const free = (): void => {
      if (!freed && !session.closed && !session.destroyed) idle.push(session);
      freed = true;
    };
    stream.once('end', free);
    stream.once('close', free);
    try {
      return await answered(stream, outgoing);
    } catch (error) {
      // The server has not processed a request with this error (RFC 9113, 8.7), so it can be sent again.
      if (kept !== undefined && failureOf(error) === 'reset') lost.add(error as Error);
      throw error;
    }
  }

  async #connected(url: URL, outgoing: Outgoing): Promise<ClientHttp2Session | undefined> {
    outgoing.watch?.begins();
    const options = { ...this.#tls, ALPNProtocols: ['h2', 'http/1.1'] };
    const socket = (await connected(outgoing, options)) as TLSSocket;
    if (socket.alpnProtocol !== 'h2') {
      this.#without.add(url.origin);
      socket.destroy();
      return undefined;
    }
    const session = http2.connect(url.origin, { createConnection: () => socket });
    this.#open.add(session);
    session.on('error', () => {});
    session.once('close', () => this.#forget(url.origin, session));
    // After a GOAWAY frame, a connection can complete its request in flight, but carries no new request.
    session.once('goaway', () => this.#forget(url.origin, session));
    return session;
  }

  #forget(origin: string, session: ClientHttp2Session): void {
    const idle = this.#idle.get(origin);
    const at = idle?.indexOf(session) ?? -1;
    if (at !== -1) idle?.splice(at, 1);
    if (session.destroyed) this.#open.delete(session);
  }

  close(): void {
    for (const session of this.#open) session.destroy();
  }
}

function headersOf(url: URL, { method, path, head, own }: Outgoing): http2.OutgoingHttpHeaders {
  const sent: http2.OutgoingHttpHeaders = {
    ':authority': url.host,
    ':method': method,
    ':path': path,
    ':scheme': 'https',
  };
  const headers = [...head.fields, ...own];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (name === 'host') sent[':authority'] = headers[i + 1];
    else if (!NOT_SENT.includes(name)) sent[name] = headers[i + 1];
  }
  return sent;
}

async function answered(stream: ClientHttp2Stream, outgoing: Outgoing): Promise<ResponseHead> {
  const until = performance.now() + outgoing.timeout;
  const { ':status': status = 0, ...headers } = await headOf(stream, outgoing);
  return answerOf(outgoing, { status, headers }, stream, until);
}

type Headers = http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;

function headOf(stream: ClientHttp2Stream, { body, timeout, signal }: Outgoing): Promise<Headers> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () =>
        stream.destroy(
          Object.assign(new Error('no complete response before the timeout'), {
            code: 'UND_ERR_HEADERS_TIMEOUT',
          }),
        ),
      timeout,
    );
    const abort = (): void => void stream.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    stream.once('response', headers => {
      clearTimeout(late);
      resolve(headers);
    });
    stream.once('error', reject);
    stream.once('close', () => {
      clearTimeout(late);
      signal?.removeEventListener('abort', abort);
      reject(
        Object.assign(new Error('the connection was closed without a response'), { code: 'ECONNRESET' }),
      );
    });
    if (body !== null) stream.end(body);
  });
}
