/** Which requests were lost with a kept connection that the server closed just then, before any answer. */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** One request on its connection: whether another had been on it before, and what had been read from it until then. */
interface Sent {
  socket: Socket;
  reused: boolean;
  read: number;
}

const used = new WeakSet<Socket>();
const sent = new WeakMap<object, Sent>();
/** What requests were rejected with whose kept connection was closed unanswered. */
export const lost = new WeakSet<object>();

// The HTTP client tells of connections nowhere else. Nothing is kept of a request or connection that is over.
subscribe('undici:client:sendHeaders', message => {
  const { request, socket } = message as { request: object; socket: Socket };
  sent.set(request, { socket, reused: used.has(socket), read: socket.bytesRead });
  used.add(socket);
});
subscribe('undici:request:error', message => {
  const { request, error } = message as { request: object; error: Error };
  const { socket, reused, read } = sent.get(request) ?? {};
  if (socket?.destroyed === true && reused === true && socket.bytesRead === read) lost.add(error);
});

/**
 * @param error what a request over the shared connections was rejected with
 * @returns whether its connection had served another request before, and was closed without a byte for this one: the
 *   server may have closed it as idle at the moment at which the request left
 */
export const closedUnanswered = (error: unknown): boolean => lost.has(error as object);
