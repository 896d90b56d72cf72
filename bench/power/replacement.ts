/** Replaces methods of a session store, to change what the store does in the requests that the oracle selects. */
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

/** Creates the changed methods of a session store, which replace those of the correct store `real`. */
export type Replace = (real: Raw, oracle: Oracle) => Partial<Raw>;

export const ignored = (): void => {};

/** Makes `load` return the result of `strike` in requests that the oracle (oracle.ts) selects. */
export const onLoad =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<Loaded>): Replace =>
  (real, oracle) => ({
    async load(sid) {
      const data = await real.load(sid);
      return data && oracle.strikes(sid, data) ? strike(sid, data, real, oracle) : data;
    },
  });

/** Makes `save` call `strike` in requests that the oracle (oracle.ts) selects and that change the session. */
export const onSave =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<void>): Replace =>
  (real, oracle) => ({
    async save(sid, data) {
      if (!oracle.strikes(sid, data) || !differ(await real.load(sid), data)) return real.save(sid, data);
      return strike(sid, data, real, oracle);
    },
  });
