/** Session stores driven without HTTP, the way express-session drives them. */
import type { Request } from 'express';
import session, { type Session, type SessionData, type Store } from 'express-session';
import { Redis } from 'ioredis';

export type Loaded = Session & Partial<SessionData> & Record<string, unknown>;

/** A session object that was never saved, as express-session makes it for a new session. */
export function create(store: Store, sid: string, attributes: Record<string, unknown> = {}): Loaded {
  const cookie = new session.Cookie();
  return store.createSession(requestFor(store, sid), { ...attributes, cookie }) as unknown as Loaded;
}

/** What the middleware does at the start of a request; undefined if there is no such session. */
export function load(store: Store, sid: string): Promise<Loaded | undefined> {
  return new Promise((resolve, reject) => {
    store.load(sid, (error, data) =>
      error ? reject(error) : resolve(data as unknown as Loaded | undefined),
    );
  });
}

/** As `load`; throws if there is no such session. */
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
    if (!store.touch) return reject(new Error('expected a store that can touch, got one that cannot'));
    store.touch(data.id, data as unknown as SessionData, (error?: unknown) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** Attributes without the cookie. */
export function attributes(data: Loaded | undefined): Record<string, unknown> {
  const { cookie: _, ...rest } = { ...data };
  return rest;
}

/** `count` connections of their own, as instances have them. */
export function clients(url: string, count: number): Redis[] {
  return Array.from({ length: count }, () => new Redis(url));
}

function requestFor(store: Store, sid: string): Request {
  return { sessionID: sid, sessionStore: store } as unknown as Request;
}
