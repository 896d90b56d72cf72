/** One JSON line for each request. Session ids and email addresses appear as labels only. */
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { destination, type LevelWithSilent, type Logger, multistream, pino, stdTimeFunctions } from 'pino';
import type { Labels } from './secrets.ts';

const REQUEST_ID = /^[\w.-]{1,128}$/;

export interface LogOptions {
  readonly logLevel: LevelWithSilent;
  /** '' for none. */
  readonly logFile: string;
}

/** Writes JSON lines to stdout, and to `logFile` if there is one. Throws the file system's error. */
export function createLogger({ logLevel: level, logFile: file }: LogOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (file === '') return pino(options);
  // Synchronous, as stdout is: what was answered is in the log, however the process ends.
  const streams = [process.stdout, destination({ dest: file, sync: true })];
  // The logger applies the level; a stream without one of its own drops what is below `info`.
  return pino(options, multistream(streams.map(stream => ({ level: 'trace', stream }))));
}

/** Both are labels. */
interface Who {
  session: string;
  user: string;
}

/** The log is written when the response has ended, when its session may be gone: so it is noted before. */
const known = new WeakMap<Response, Who>();

/** Notes for the log which session and user a request belongs to, by label. */
export function noteWho(response: Response, { session, user }: Labels, sid: string, email: string): void {
  known.set(response, { session: session(sid), user: user(email) });
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
