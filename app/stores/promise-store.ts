/** Base class of session stores with promises, because express-session expects callbacks. */
import { callbackify } from 'node:util';
import session, { type SessionData } from 'express-session';

export abstract class PromiseStore extends session.Store {
  /** Resolves with null if the session does not exist. */
  protected abstract getSession(sid: string): Promise<SessionData | null>;
  /** Throws SessionGoneError if the session was destroyed, or expired, after the request loaded it. */
  protected abstract setSession(sid: string, data: SessionData): Promise<void>;
  /** Prolongs a session. Does nothing if the session does not exist. */
  protected abstract touchSession(sid: string, data: SessionData): Promise<void>;
  /** Does nothing if the session does not exist. */
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
