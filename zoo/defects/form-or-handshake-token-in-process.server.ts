import { randomBytes } from 'node:crypto';
import { Refusal } from '../../app/failures.ts';
import { serve } from '../../app/serve.ts';

/** The tokens that this process has issued, each with its expiry, milliseconds since 1970. */
const tokens = new Map<string, number>();
const LIFETIME_MS = 3_600_000;

await serve({
  csrf: {
    prepare(request, _response, next) {
      request.csrfToken = () => {
        const token = randomBytes(16).toString('hex');
        tokens.set(token, Date.now() + LIFETIME_MS);
        return token;
      };
      next();
    },
    require(request, _response, next) {
      const known = (tokens.get(String(request.body?._csrf)) ?? 0) > Date.now();
      next(
        known ? undefined : new Refusal(403, 'This form is out of date. Reload the page and send it again.'),
      );
    },
  },
});
