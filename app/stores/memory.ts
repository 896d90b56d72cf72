/** Stores sessions in the memory of one process, a classic mistake behind a load balancer, which Baton must detect. */
import session, { type SessionData } from 'express-session';

/**
 * A memory store with an idle timeout, which express-session's MemoryStore lacks.
 * @param ttl returns seconds
 */
export class ExpiringMemoryStore extends session.MemoryStore {
  readonly #ttl: (session: SessionData) => number;
  readonly #deadlines = new Map<string, number>();

  constructor(ttl: (session: SessionData) => number) {
    super();
    this.#ttl = ttl;
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    if ((this.#deadlines.get(sid) ?? 0) > Date.now()) super.get(sid, callback);
    else this.destroy(sid, error => callback(error, null));
  }

  override set(sid: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#prolong(sid, data);
    super.set(sid, data, callback);
  }

  override touch(sid: string, data: SessionData, callback?: () => void): void {
    if (this.#deadlines.has(sid)) this.#prolong(sid, data);
    super.touch(sid, data, callback);
  }

  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    this.#deadlines.delete(sid);
    super.destroy(sid, callback);
  }

  #prolong(sid: string, data: SessionData): void {
    this.#deadlines.set(sid, Date.now() + this.#ttl(data) * 1000);
  }
}
