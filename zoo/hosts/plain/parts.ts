/** Where a variant of the plain host may differ from it. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { SessionOptions, Store } from 'express-session';
import type { Redis } from 'ioredis';

declare module 'express-session' {
  interface SessionData {
    /** Email address of who is signed in. */
    user?: string;
    cart?: string[];
    wishes?: string[];
    visits?: number;
  }
}

/** Which sessions a user has, for "log out everywhere". */
export interface Devices {
  add(user: string, sid: string): Promise<void>;
  /** The ids of the user's sessions; forgets them. */
  takeAll(user: string): Promise<string[]>;
}

export interface PlainParts {
  /** Options of express-session that win over the host's. */
  readonly session?: Partial<SessionOptions>;
  /** Makes the session store. */
  readonly store?: (redis: Redis) => Store;
  /** Gives each request its `session`, in place of express-session. */
  readonly sessions?: (redis: Redis, secret: string) => RequestHandler;
  /** Sees each request before its session is loaded. */
  readonly beforeSession?: (redis: Redis) => RequestHandler;
  /** Sees each request once its session is loaded. */
  readonly onSession?: (redis: Redis) => RequestHandler;
  readonly signIn?: (request: Request, user: string, redis: Redis) => Promise<void>;
  readonly signOut?: (request: Request, response: Response) => Promise<void>;
  readonly devices?: (redis: Redis) => Devices;
  /** How many characters the cart may hold. */
  readonly cartLimit?: number;
  /** Adds a hidden field to each form. */
  readonly formField?: (request: Request) => string;
  /** Names a user's own data: the key of what is kept by user. */
  readonly keyOf?: (user: string) => string;
  /** The connection from which notes are read. */
  readonly readNotes?: (request: Request, primary: Redis) => Redis;
  /** Answers what a route could not. */
  readonly onError?: ErrorRequestHandler;
}
