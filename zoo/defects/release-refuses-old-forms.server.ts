import { createHmac, randomBytes } from 'node:crypto';
import { Refusal } from '../../app/failures.ts';
import { serve } from '../../app/serve.ts';

/** The keys of form tokens. The first one signs, all are accepted. */
const keys = (process.env['FORM_KEYS'] ?? 'release-1').split(',');
const signature = (key: string, nonce: string): string =>
  createHmac('sha256', key).update(nonce).digest('base64url');

await serve({
  csrf: {
    prepare(request, _response, next) {
      request.csrfToken = () => {
        const nonce = randomBytes(12).toString('base64url');
        return `${nonce}.${signature(keys[0] ?? '', nonce)}`;
      };
      next();
    },
    require(request, _response, next) {
      const [nonce = '', signed] = String(request.body?._csrf).split('.');
      const known = keys.some(key => signature(key, nonce) === signed);
      next(
        known ? undefined : new Refusal(403, 'This form is out of date. Reload the page and send it again.'),
      );
    },
  },
});
