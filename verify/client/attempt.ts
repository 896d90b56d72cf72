/** Sends one request over HTTP/1.1 by undici, and finds out whether its kept-alive connection was closed at that moment. */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { bodyFailure, MAX_BODY, textOf } from './body.ts';
import { lost, mayGoAgain, type Outgoing, type ResponseHead, redirects } from './exchange.ts';
import type { Flight } from './flight.ts';

/** Connections that have carried a request. */
const used = new WeakSet<Socket>();
/** The attempt whose request is written next. undici then names its connection on the channel below. */
let departing: Attempt | undefined;
subscribe('undici:client:sendHeaders', message => {
  const { socket } = message as { socket: Socket };
  if (departing !== undefined) departing.socket = used.has(socket) ? socket : undefined;
  departing = undefined;
  used.add(socket);
});

/** What sends the requests. */
export interface Agents {
  dispatcher: Dispatcher;
  /** Opens a new connection for each request. */
  fresh: Dispatcher;
  flight: Flight;
}

/** Sends a request once, and collects its response. */
export class Attempt implements Dispatcher.DispatchHandler {
  /** The connection, if it has carried a request before this one. */
  socket: Socket | undefined;
  /** Deadline of the whole response, on the clock of `performance`. */
  until = 0;
  readonly #agents: Agents;
  readonly #outgoing: Outgoing;
  readonly #resolve: (answer: ResponseHead) => void;
  readonly #reject: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #reason: Error | undefined;
  #began = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #data: Buffer | undefined;
  #more: Buffer[] | undefined;
  #bytes = 0;
  #finishEarly: (() => void) | undefined;

  constructor(
    agents: Agents,
    outgoing: Outgoing,
    resolve: (answer: ResponseHead) => void,
    reject: (error: Error) => void,
  ) {
    this.#agents = agents;
    this.#outgoing = outgoing;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @param fresh true: use a connection that has carried no request */
  send(fresh: boolean): void {
    const { origin, path, method, headers, body, signal } = this.#outgoing;
    if (signal?.aborted) {
      this.#reject(signal.reason as Error);
      return;
    }
    this.#agents.flight.add(this, signal);
    const dispatcher = fresh ? this.#agents.fresh : this.#agents.dispatcher;
    // The timeouts of undici are off: `flight` aborts late requests.
    dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 }, this);
  }

  /** Ends the request with an error: now, or as soon as its connection is open. */
  abort(reason: Error): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#reason === undefined) {
      departing = this;
      this.until = performance.now() + this.#outgoing.timeout;
      this.#outgoing.watch?.departs(this.#outgoing.cookies);
    } else controller.abort(this.#reason);
  }

  onResponseStarted(): void {
    this.#began = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (!this.#outgoing.early || !redirects(status, headers)) return;
    this.#outgoing.watch?.arrives();
    const rest = new Promise<void>(resolve => {
      this.#finishEarly = resolve;
    });
    this.#resolve({ status, headers, body: '', rest });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY) this.abort(bodyFailure('BODY_TOO_LARGE'));
    else if (this.#data === undefined) this.#data = chunk;
    else {
      this.#more ??= [this.#data];
      this.#more.push(chunk);
    }
  }

  onResponseEnd(): void {
    this.#agents.flight.delete(this);
    if (this.#finishEarly !== undefined) {
      this.#finishEarly();
      return;
    }
    this.#outgoing.watch?.arrives();
    const [status, headers] = [this.#status, this.#headers];
    const data = this.#more === undefined ? this.#data : Buffer.concat(this.#more);
    this.#resolve({ status, headers, body: data === undefined ? '' : textOf(data, headers) });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#agents.flight.delete(this);
    if (this.socket?.destroyed === true && !this.#began) lost.add(error);
    if (this.#finishEarly !== undefined) this.#finishEarly();
    else if (mayGoAgain(this.#outgoing, error))
      new Attempt(this.#agents, this.#outgoing, this.#resolve, this.#reject).send(true);
    else this.#reject(error);
  }
}
