/** Implements changes of a session store that look odd, but leave the app correct (healthy.ts lists them). */
import type { SessionData } from 'express-session';
import { differ } from './contents.ts';
import { ignored, onLoad, onSave, type Replace } from './replacement.ts';

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

export const HEALTHY_STORES: Readonly<Record<string, Replace>> = {
  'delete-again': (real, oracle) => ({
    async end(sid) {
      const again = oracle.strikes(sid, await real.load(sid));
      await real.end(sid);
      if (again) setTimeout(() => void real.end(sid).catch(ignored), oracle.draw.ms);
    },
  }),
  'wait-to-save': onSave(async (sid, data, real, { draw }) => {
    await later(draw.ms);
    await real.save(sid, data);
  }),
  'wait-to-load': onLoad(async (_sid, data, _real, { draw }) => {
    await later(draw.ms);
    return data;
  }),
  'save-twice': onSave(async (sid, data, real) => {
    await real.save(sid, data);
    await real.save(sid, data);
  }),
  'copy-with-version': (real, oracle) => {
    const copies = new Map<string, SessionData>();
    return {
      async load(sid) {
        const [data, copy] = [await real.load(sid), copies.get(sid)];
        if (data === null) return null;
        if (copy !== undefined && !differ(data, copy) && oracle.strikes(sid, data)) return copy;
        copies.set(sid, data);
        return data;
      },
    };
  },
  'late-renewal': (real, oracle) => ({
    async renew(sid, data) {
      if (!oracle.strikes(sid, data)) return real.renew(sid, data);
      setTimeout(() => void real.renew(sid, data).catch(ignored), oracle.draw.ms);
    },
  }),
  'refuse-size': (real, oracle) => ({
    async save(sid, data) {
      if (oracle.strikes(sid, data)) throw new Error('the session is too large');
      return real.save(sid, data);
    },
  }),
};
