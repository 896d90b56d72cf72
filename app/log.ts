/** Logs one JSON line for each request, with labels (keyed hashes) in place of session ids and email addresses. */

import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { destination, type LevelWithSilent, type Logger, multistream, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.ts';
import type { Labels } from './secrets.ts';

const REQUEST_ID = /^[\w.-]{1,128}$/;

export interface LogOptions {
  readonly logLevel: LevelWithSilent;
  /** File that gets a copy of the log; '' for none. */
  readonly logFile: string;
}

/** Returns a logger that writes JSON lines to stdout and, if given, to `logFile`. Throws the file system's errors. */
export function createLogger({ logLevel: level, logFile: file }: LogOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (file === '') return pino(options);
  // Synchronous writes lose no line when the process is killed.
  const streams = [process.stdout, destination({ dest: file, sync: true })];
  // The streams accept all levels, because the logger itself filters by level.
  return pino(options, multistream(streams.map(stream => ({ level: 'trace', stream }))));
}

interface Identity {
  session: string;
  user: string;
}

/** Keeps the labels here, because the session can end before the request's log line is written. */
const identities = new WeakMap<Response, Identity>();

/** Records the labels of a request's session and user, for the request's log line. */
export function noteIdentity(
  response: Response,
  { session, user }: Labels,
  sid: string,
  email: string,
): void {
  identities.set(response, { session: session(sid), user: user(email) });
}

/**
 * Returns a middleware that logs each request when its response ends, and sends headers with the names of the
 * instance and the request.
 */
export function requestLog(
  log: Logger,
  { instance, version }: Pick<Config, 'instance' | 'version'>,
): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const given = request.get('x-request-id') ?? '';
    const id = REQUEST_ID.test(given) ? given : randomUUID();
    // Reads `path` now, because a router changes `path` while it handles the request.
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

/** Logs the error of a request. */
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
