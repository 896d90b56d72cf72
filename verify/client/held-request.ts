/** Sends a request on a separate connection, which is already open, and holds back its last byte. */
import http from 'node:http';
import type net from 'node:net';
import { Duplex } from 'node:stream';
import type { Held } from './barrier.ts';
import { connected, type TlsOptions } from './connection.ts';
import { answerOf, type Outgoing, type ResponseHead } from './exchange.ts';

/** A connection that holds back the last byte written to it until it is released. */
class HeldConnection extends Duplex {
  readonly #socket: net.Socket;
  #last: Buffer | undefined = Buffer.alloc(0);

  constructor(socket: net.Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.push(data) || socket.pause());
    socket.on('end', () => this.push(null));
    socket.on('error', error => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#last === undefined) {
      this.#socket.write(chunk, done);
      return;
    }
    const all = Buffer.concat([this.#last, chunk]);
    this.#last = all.subarray(-1);
    this.#socket.write(all.subarray(0, -1), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  release(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined && !this.#socket.destroyed) this.#socket.write(last);
  }
}

/**
 * Sends a request except for its last byte. It sends that byte when `held` allows it.
 *
 * @param held decides when the last byte may leave
 * @param secure options of TLS
 * @throws errors of the network, including `AbortError` and errors with a `code` that contains TIMEOUT
 */
export async function heldRequest(
  outgoing: Outgoing,
  held: Held,
  secure: TlsOptions = {},
): Promise<ResponseHead> {
  const url = new URL(outgoing.origin);
  const until = performance.now() + outgoing.timeout;
  const limit = AbortSignal.timeout(outgoing.timeout);
  const signal = outgoing.signal === undefined ? limit : AbortSignal.any([outgoing.signal, limit]);
  try {
    const connection = new HeldConnection(await connected(url, secure, signal));
    outgoing.watch?.departs(outgoing.cookies);
    const written = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<http.IncomingMessage>();
    // The connection is already open, and has TLS if the address needs it. HTTP runs on it directly.
    const request = http.request({
      path: outgoing.path,
      method: outgoing.method,
      headers: {
        host: url.host,
        ...byName(outgoing.headers),
        'content-length': Buffer.byteLength(outgoing.body ?? ''),
      },
      createConnection: () => connection,
      signal,
    });
    request.once('response', answered.resolve);
    request.once('error', error => {
      written.reject(error);
      answered.reject(error);
    });
    request.end(outgoing.body ?? undefined, () => written.resolve());
    answered.promise.catch(() => {});
    await written.promise;
    await held.pass();
    connection.release();
    const response = await answered.promise;
    const { statusCode: status = 0, headers } = response;
    return await answerOf(outgoing, { status, headers }, response, until);
  } catch (error) {
    if (limit.aborted) throw Object.assign(new Error('no response in time'), { code: 'UND_ERR_TIMEOUT' });
    throw error;
  } finally {
    held.leave();
  }
}

/** Returns the headers by their names in lower case. Otherwise a header in two spellings would be sent twice. */
function byName(headers: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2)
    all[(headers[i] as string).toLowerCase()] = headers[i + 1] as string;
  return all;
}
