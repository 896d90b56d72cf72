/** The base of our session stores. Their operations return promises, where express-session expects callbacks. */
import { callbackify } from 'node:util';
import session, { type SessionData } from 'express-session';

export abstract class PromiseStore extends session.Store {
  /** Loads a session. Resolves with null if it does not exist. */
  protected abstract getSession(sid: string): Promise<SessionData | null>;
  /** Saves a session. Throws SessionGoneError if it has ended since it was loaded. */
  protected abstract setSession(sid: string, data: SessionData): Promise<void>;
  /** Prolongs a session if it exists. Does nothing otherwise: it neither fails nor revives the session. */
  protected abstract touchSession(sid: string, data: SessionData): Promise<void>;
  /** Ends a session. It is no error if the session has ended already. */
  protected abstract destroySession(sid: string): Promise<void>;

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callbackify(() => this.getSession(sid))(callback);
  }

  override set(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.setSession(sid, data))(callback);
  }

  override touch(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.touchSession(sid, data))(callback);
  }

  override destroy(sid: string, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.destroySession(sid))(callback);
  }
}
