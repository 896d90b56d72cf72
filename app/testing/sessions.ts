/** Uses session stores without HTTP, in the way that express-session does. */
import type { Request } from 'express';
import session, { type Session, type SessionData, type Store } from 'express-session';
import { Redis } from 'ioredis';

export type Loaded = Session & Partial<SessionData> & Record<string, unknown>;

export function create(store: Store, sid: string, attributes: Record<string, unknown> = {}): Loaded {
  const cookie = new session.Cookie();
  return store.createSession(requestFor(store, sid), { ...attributes, cookie }) as unknown as Loaded;
}

/** Loads a session as the middleware does; undefined if the session does not exist. */
export function load(store: Store, sid: string): Promise<Loaded | undefined> {
  return new Promise((resolve, reject) => {
    store.load(sid, (error, data) =>
      error ? reject(error) : resolve(data as unknown as Loaded | undefined),
    );
  });
}

/** Loads a session. Throws if the session does not exist. */
export async function loadExisting(store: Store, sid: string): Promise<Loaded> {
  const loaded = await load(store, sid);
  if (!loaded) throw new Error('expected a session in the store, found none');
  return loaded;
}

export function save(data: Loaded): Promise<void> {
  return new Promise((resolve, reject) => {
    data.save(error => (error ? reject(error) : resolve()));
  });
}

export function destroy(store: Store, sid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    store.destroy(sid, error => (error ? reject(error) : resolve()));
  });
}

export function touch(store: Store, data: Loaded): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!store.touch)
      return reject(new Error('expected a store with a touch method, got a store without one'));
    store.touch(data.id, data as unknown as SessionData, (error?: unknown) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** Returns the attributes of a session, without express-session's property `cookie`. */
export function attributes(data: Loaded | undefined): Record<string, unknown> {
  const { cookie: _, ...rest } = { ...data };
  return rest;
}

export function clients(url: string, count: number): Redis[] {
  return Array.from({ length: count }, () => new Redis(url));
}

function requestFor(store: Store, sid: string): Request {
  return { sessionID: sid, sessionStore: store } as unknown as Request;
}
