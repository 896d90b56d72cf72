/** Finds requests that were lost because the server closed their kept-alive connection without a response. */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/**
 * The connection of a request. `reused`: it had carried a request before. `read`: the bytes that were read from it
 * before this request.
 */
interface Sent {
  socket: Socket;
  reused: boolean;
  read: number;
}

const used = new WeakSet<Socket>();
const sent = new WeakMap<object, Sent>();
/** Errors of requests whose kept-alive connection was closed without a response. */
export const lost = new WeakSet<object>();

// undici reports connections only on these channels. The maps are weak, so finished requests need no memory.
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
 * Returns whether the connection had served an earlier request, and was closed before a byte of this response came. The
 * server may have closed it as idle just when the request left.
 *
 * @param error the error of a request over the shared connections
 */
export const closedUnanswered = (error: unknown): boolean => lost.has(error as object);
