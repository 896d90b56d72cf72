import { createHmac, randomBytes } from 'node:crypto';
import { Refusal } from '../../app/failures.ts';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';

export const releaseRefusesOldForms: Defect = {
  kind: 'defect',
  name: 'release-refuses-old-forms',
  section: 'instances-agree',
  broken:
    'The next version signs form tokens with another key, and refuses tokens of the old key. A user who opened a page before the deploy and sends its form afterwards gets an error, although the session lives.',
  wild: 'A framework update changes the format or the key of form tokens. The tests load the page and send the form with the same version.',
  references: ['rails/rails PR#39076', 'rails/rails#41783', 'playframework/playframework PR#2367'],
  remedy: 'Accept the old tokens beside the new ones, for as long as a page stays open.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { FORM_KEYS: 'release-2' },
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    env: { SESSION_STORE: 'redis-attributes' },
  },
  must: { guarantee: 'instances-agree', anomaly: 'OUTDATED' },
  mustNot: ['isolation', 'routing', 'read-your-writes', 'monotonic-reads', 'evidence'],
};

/** Keys of form tokens. The app signs with the first key, and accepts signatures of every key. */
const keys = (process.env['FORM_KEYS'] ?? 'release-1').split(',');
const signature = (key: string, nonce: string): string =>
  createHmac('sha256', key).update(nonce).digest('base64url');

if (import.meta.main)
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
          known
            ? undefined
            : new Refusal(403, 'This form is out of date. Reload the page and send it again.'),
        );
      },
    },
  });
