/** Follows the requests of this process, for the conditions `head` and `after an error`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

interface Current {
  readonly head: boolean;
  /** True if the previous request on this connection got an error, or a client has just cut off a request. */
  readonly afterError: boolean;
}

const BEGIN = 'http.server.request.start';

const current = new AsyncLocalStorage<Current>();
/** Connections whose last request got an error. */
const failed = new WeakSet<object>();
let cutOff = false;

/** Returns facts about the request that this instance handles now. */
export const currentRequest = (): Current => current.getStore() ?? { head: false, afterError: false };

/** Begins to follow the requests of all HTTP servers of this process. Returns a function that stops this. */
export function followRequests(): () => void {
  subscribe(BEGIN, begins);
  return () => unsubscribe(BEGIN, begins);
}

function begins(message: unknown): void {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  const { socket, method } = request;
  const afterError = failed.delete(socket) || cutOff;
  cutOff = false;
  current.enterWith({ head: method === 'HEAD', afterError });
  response.once('close', () => {
    if (!request.complete) cutOff = true;
    else if (response.statusCode >= 400) failed.add(socket);
  });
}
