/** Replaces methods of a session store, in the requests that the oracle (oracle.ts) selects. */
import type { SessionData } from 'express-session';
import { differ, type Loaded } from './contents.ts';
import type { Oracle } from './oracle.ts';

export interface Raw {
  load(sid: string): Promise<Loaded>;
  save(sid: string, data: SessionData): Promise<void>;
  renew(sid: string, data: SessionData): Promise<void>;
  end(sid: string): Promise<void>;
  /** Returns the session as the current request loaded it; undefined for a new session. */
  before(data: SessionData): SessionData | undefined;
}

/** Returns changed methods for the correct session store `real`. */
export type Replace = (real: Raw, oracle: Oracle) => Partial<Raw>;

export const ignored = (): void => {};

/** Changes the result of `load` in requests that the oracle (oracle.ts) selects. */
export const onLoad =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<Loaded>): Replace =>
  (real, oracle) => ({
    async load(sid) {
      const data = await real.load(sid);
      return data && oracle.strikes(sid, data) ? strike(sid, data, real, oracle) : data;
    },
  });

/** Changes the effect of `save` in requests that the oracle (oracle.ts) selects and that change the session. */
export const onSave =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<void>): Replace =>
  (real, oracle) => ({
    async save(sid, data) {
      if (!oracle.strikes(sid, data) || !differ(await real.load(sid), data)) return real.save(sid, data);
      return strike(sid, data, real, oracle);
    },
  });
