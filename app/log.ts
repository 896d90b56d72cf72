/** Who asked for what, as one JSON line for each request; ids of sessions appear as labels only. */
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { destination, type Logger, multistream, pino, stdTimeFunctions } from 'pino';

const REQUEST_ID = /^[\w.-]{1,128}$/;

/** JSON lines on stdout, and the same in `file` if it is named. Throws what the file system says against that. */
export function createLogger(file = ''): Logger {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (file === '') return pino(options);
  // Synchronous, as stdout is: what was answered is in the log, however the process ends.
  return pino(options, multistream([process.stdout, destination({ dest: file, sync: true })]));
}

interface Who {
  session: string;
  user: string;
}

/** The log is written when the response has ended, when its session may be gone: so it is noted before. */
const known = new WeakMap<Response, Who>();

/** Notes for the log whose request this is. `session`: its label. */
export function noteWho(response: Response, session: string, user: string): void {
  known.set(response, { session, user });
}

/** Names the instance and the request in every response, and logs it when it has finished or was cut. */
export function requestLog(log: Logger, instance: string): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const given = request.get('x-request-id') ?? '';
    const id = REQUEST_ID.test(given) ? given : randomUUID();
    // The mount point of a router changes `path` while the request is handled.
    const { method, path } = request;
    response.set({ 'X-Request-Id': id, 'X-Instance-Id': instance });
    response.once('close', () => {
      const ms = Math.round((performance.now() - began) * 10) / 10;
      const who = known.get(response);
      const cut = response.writableFinished ? {} : { cut: true };
      log.info({
        event: 'request',
        request: id,
        instance,
        ...who,
        method,
        path,
        status: response.statusCode,
        ms,
        ...cut,
      });
    });
    next();
  };
}

/** Logs what went wrong while a request was handled. Errors of the store name no session. */
export function logFailure(log: Logger, request: Request, response: Response, error: unknown): void {
  const shown =
    error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) };
  log.error({
    event: 'failure',
    request: response.get('X-Request-Id'),
    method: request.method,
    path: request.path,
    ...shown,
  });
}
