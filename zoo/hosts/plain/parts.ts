/** Defines the parts of the plain host that a deployment of the zoo can replace. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { SessionOptions, Store } from 'express-session';
import type { Redis } from 'ioredis';

declare module 'express-session' {
  interface SessionData {
    user?: string;
    cart?: string[];
    wishes?: string[];
    visits?: number;
  }
}

/** Records the session ids of each user, for "log out everywhere". */
export interface Devices {
  add(user: string, sid: string): Promise<void>;
  /** Returns the session ids of the user, and deletes the record. */
  takeAll(user: string): Promise<string[]>;
}

export interface PlainParts {
  /** Options of express-session, which override the app's options. */
  readonly session?: Partial<SessionOptions>;
  readonly store?: (redis: Redis) => Store;
  /** Returns a middleware that replaces express-session and sets `request.session`. */
  readonly sessions?: (redis: Redis, secret: string) => RequestHandler;
  /** Returns a middleware that runs before the session is loaded. */
  readonly beforeSession?: (redis: Redis) => RequestHandler;
  /** Returns a middleware that runs after the session is loaded. */
  readonly onSession?: (redis: Redis) => RequestHandler;
  readonly signIn?: (request: Request, user: string, redis: Redis) => Promise<void>;
  readonly signOut?: (request: Request, response: Response) => Promise<void>;
  readonly devices?: (redis: Redis) => Devices;
  /** Maximum size of the cart, characters. */
  readonly cartLimit?: number;
  /** Returns the HTML of a hidden field for each form. */
  readonly formField?: (request: Request) => string;
  /** Returns the key of a user's data in the database. */
  readonly keyOf?: (user: string) => string;
  /** Returns the connection for reads of notes, for example to a replica. */
  readonly readNotes?: (request: Request, primary: Redis) => Redis;
  readonly onError?: ErrorRequestHandler;
}
