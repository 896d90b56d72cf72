/** Logs one JSON line for each request, with labels (keyed hashes) in place of session ids and email addresses. */

import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { destination, type LevelWithSilent, type Logger, multistream, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.ts';
import type { Labels } from './secrets.ts';

const REQUEST_ID = /^[\w.-]{1,128}$/;

export interface LogOptions {
  readonly logLevel: LevelWithSilent;
  /** File for a second copy of the log; '' for none. */
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
  // Writes synchronously, so that no line is lost if the process is killed.
  const streams = [process.stdout, destination({ dest: file, sync: true })];
  // The streams pass all levels, because the logger itself filters by level.
  return pino(options, multistream(streams.map(stream => ({ level: 'trace', stream }))));
}

interface Identity {
  session: string;
  user: string;
}

/** Labels by response, kept because the session can end before the log line is written. */
const identities = new WeakMap<Response, Identity>();

/** Records the labels of a request's session and user for its log line. */
export function noteIdentity(
  response: Response,
  { session, user }: Labels,
  sid: string,
  email: string,
): void {
  identities.set(response, { session: session(sid), user: user(email) });
}

/** Names the instance and the request in every response, and logs each request at the end of its response. */
export function requestLog(
  log: Logger,
  { instance, version }: Pick<Config, 'instance' | 'version'>,
): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const given = request.get('x-request-id') ?? '';
    const id = REQUEST_ID.test(given) ? given : randomUUID();
    // Reads the path now, because a router changes `path` while it handles the request.
    const { method, path } = request;
    response.set({ 'X-Request-Id': id, 'X-Instance-Id': instance });
    if (version !== '') response.set('X-App-Version', version);
    response.once('close', () => {
      const ms = Math.round((performance.now() - began) * 10) / 10;
      const identity = identities.get(response);
      const cut = response.writableFinished ? {} : { cut: true };
      log.info({
        event: 'request',
        request: id,
        instance,
        ...identity,
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

/** Logs an error of a request's handler. Errors of the store contain no session id. */
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
