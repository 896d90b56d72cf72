/** The parts of the plain host that a deployment of the zoo can replace. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { SessionOptions, Store } from 'express-session';
import type { Redis } from 'ioredis';

declare module 'express-session' {
  interface SessionData {
    /** Email address of the signed-in user. */
    user?: string;
    cart?: string[];
    wishes?: string[];
    visits?: number;
  }
}

/** Records which session ids a user has, for "log out everywhere". */
export interface Devices {
  add(user: string, sid: string): Promise<void>;
  /** Returns the recorded session ids of the user, and deletes the record. */
  takeAll(user: string): Promise<string[]>;
}

export interface PlainParts {
  /** Options of express-session. They override the app's options. */
  readonly session?: Partial<SessionOptions>;
  readonly store?: (redis: Redis) => Store;
  /** Replaces express-session, and gives each request the property `session`. */
  readonly sessions?: (redis: Redis, secret: string) => RequestHandler;
  /** Runs before the session is loaded. */
  readonly beforeSession?: (redis: Redis) => RequestHandler;
  /** Runs after the session is loaded. */
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
  /** Returns the database connection for reads of notes, for example to a replica. */
  readonly readNotes?: (request: Request, primary: Redis) => Redis;
  readonly onError?: ErrorRequestHandler;
}
