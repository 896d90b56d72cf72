/** One HTTP/1.1 connection, which carries one request at a time. */
import type { OnReadOpts, Socket } from 'node:net';
import { textOf } from './body.ts';
import { lost, type Outgoing, type ResponseHead, redirects } from './exchange.ts';
import { ResponseReader } from './response-reader.ts';

interface Connections {
  answered(flying: Flying): void;
  free(connection: Http1Connection): void;
  gone(connection: Http1Connection): void;
}

export interface Flying {
  outgoing: Outgoing;
  resolve: (answer: ResponseHead) => void;
  reject: (error: Error) => void;
  /** Status and headers of the response; undefined until they have arrived. */
  answer?: ResponseHead;
  /** Called when the body of a redirect has arrived. Present if the caller did not wait for this body. */
  finishEarly?: () => void;
}

/** All connections share this buffer. Each connection processes its bytes before another connection reads. */
const buffer = Buffer.allocUnsafeSlow(1 << 16);

export class Http1Connection {
  readonly origin: string;
  open = true;
  /**
   * On the clock of `performance`: the time at which the request in flight times out, or the idle connection is closed.
   */
  until = Number.POSITIVE_INFINITY;
  readonly onread: OnReadOpts = { buffer, callback: length => this.#reads(length) };
  readonly #once: boolean;
  readonly #owner: Connections;
  readonly #reader = new ResponseReader();
  #socket: Socket | undefined;
  #flying: Flying | undefined;
  #requests = 0;
  #began = false;
  #whole = true;

  /** @param once true if the connection carries only one request */
  constructor(origin: string, once: boolean, owner: Connections) {
    this.origin = origin;
    this.#once = once;
    this.#owner = owner;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
    socket.on('end', () => this.#ended());
    socket.on('error', error => this.#closed(error));
    socket.on('close', () => this.#closed());
  }

  get signal(): AbortSignal | undefined {
    return this.#flying?.outgoing.signal;
  }

  /**
   * Sends a request.
   *
   * @param request bytes, or text in Latin-1
   * @param whole if false, `complete` sends the last bytes later
   */
  send(outgoing: Outgoing, request: string | Buffer, whole = true): Promise<ResponseHead> {
    return new Promise((resolve, reject) => this.#carry({ outgoing, resolve, reject }, request, whole));
  }

  #carry(flying: Flying, request: string | Buffer, whole: boolean): void {
    const { outgoing } = flying;
    this.#flying = flying;
    this.#requests++;
    this.#began = false;
    this.#whole = whole;
    this.#reader.begin(outgoing.method);
    outgoing.watch?.departs(outgoing.cookies);
    this.until = performance.now() + outgoing.timeout;
    this.#write(request);
  }

  /** Sends the last bytes of a request. Does nothing if the connection is closed. */
  complete(rest: Buffer): void {
    this.#whole = true;
    this.#write(rest);
  }

  #write(bytes: string | Buffer): void {
    this.#socket?.write(bytes as string, 'latin1');
  }

  /** Waits until the operating system has all bytes, or the connection is closed. */
  written(): Promise<void> {
    return new Promise(resolve => this.#socket?.write('', () => resolve()));
  }

  #reads(length: number): true {
    if (this.#flying === undefined) this.fail();
    else {
      this.#began = true;
      try {
        this.#reader.read(buffer.subarray(0, length));
        this.#proceed(this.#flying);
      } catch (error) {
        this.fail(error as Error);
      }
    }
    return true;
  }

  #proceed(flying: Flying): void {
    const { head, done, surplus } = this.#reader;
    if (head === undefined) return;
    const { outgoing, finishEarly } = flying;
    const early = outgoing.early && redirects(head.status, head.headers);
    if (done) {
      this.#flying = undefined;
      if (finishEarly !== undefined) finishEarly();
      else this.#answer(flying, early);
      if (head.kept > 0 && !surplus && this.#reusable()) {
        this.until = performance.now() + head.kept;
        this.#owner.free(this);
      } else this.fail();
    } else if (early && finishEarly === undefined) this.#answer(flying, true);
  }

  #reusable(): boolean {
    const { writable = false, writableLength = 0 } = this.#socket ?? {};
    return !this.#once && this.#whole && writable && writableLength === 0;
  }

  #answer(flying: Flying, early: boolean): void {
    const { watch, last } = flying.outgoing;
    watch?.arrives();
    const { head, body, done } = this.#reader;
    if (head === undefined) return;
    const { status, headers, text } = head;
    const answer: ResponseHead = { status, headers, head: text, body: '' };
    if (!early) answer.body = last === undefined ? textOf(body, headers) : last.textOf(body, headers);
    if (!early && last !== undefined) answer.facts = last.facts;
    if (!done)
      answer.rest = new Promise<void>(resolve => {
        flying.finishEarly = resolve;
      });
    flying.answer = answer;
    this.#owner.answered(flying);
  }

  #ended(): void {
    if (this.#flying !== undefined && this.#reader.end()) this.#proceed(this.#flying);
    else this.#closed();
  }

  #closed(
    error: Error = Object.assign(new Error('the connection was closed without a response'), {
      code: 'ECONNRESET',
    }),
  ): void {
    if (this.#requests > 1 && !this.#began) lost.add(error);
    this.fail(error);
  }

  late(): void {
    this.fail(
      Object.assign(new Error('no complete response before the timeout'), {
        code: 'UND_ERR_HEADERS_TIMEOUT',
      }),
    );
  }

  /** Closes the connection. The request in flight fails with the given error. */
  fail(error?: Error): void {
    const flying = this.#flying;
    this.#flying = undefined;
    this.open = false;
    this.#socket?.destroy();
    this.#owner.gone(this);
    if (flying?.finishEarly !== undefined) flying.finishEarly();
    else if (error !== undefined) flying?.reject(error);
  }
}
