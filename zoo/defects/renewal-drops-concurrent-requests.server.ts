import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

/** Age at which a session gets a new id, milliseconds. */
const RENEW_MS = 2_000;

declare module 'express-session' {
  interface SessionData {
    /** Time of the last new id, milliseconds since 1970. */
    renewed?: number;
  }
}

servePlain({
  onSession: () => async (request, _response, next) => {
    const { cookie: _, ...data } = request.session;
    if (data.user === undefined || Date.now() - (data.renewed ?? 0) < RENEW_MS) return next();
    if (data.renewed !== undefined) {
      // `regenerate` deletes the session with the old id. Requests in flight still have that id.
      const { user, cart, wishes, visits } = data;
      await new Promise<void>((resolve, reject) =>
        request.session.regenerate(error => (error ? reject(error) : resolve())),
      );
      Object.assign(request.session, { user, cart, wishes, visits });
    }
    request.session.renewed = Date.now();
    await save(request);
    next();
  },
});
