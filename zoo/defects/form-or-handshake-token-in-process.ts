import { randomBytes } from 'node:crypto';
import { Refusal } from '../../app/failures.ts';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';

export const formOrHandshakeTokenInProcess: Defect = {
  kind: 'defect',
  name: 'form-or-handshake-token-in-process',
  section: 'continuity',
  broken:
    'A token proves that a form came from the app, and the instance that made it keeps it in its memory. Another instance refuses the form as out of date, though sessions are shared.',
  wild: 'Sessions moved to a shared store when a second instance was added. The map of form tokens, the secret of a CSRF library or the first step of a handshake stayed in the process.',
  references: [
    'parse-community/parse-dashboard#3015',
    'drakkan/sftpgo#1895',
    'grokability/snipe-it#3075',
    'socketio/socket.io#1982',
    'socketio/socket.io#3009',
    'socketio/socket.io#4881',
  ],
  remedy: 'Sign the token with a key that all instances have, or keep it in the session or the shared store.',
  needs: ['instances'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

/** Key: form token; value: its expiry, milliseconds since 1970. */
const tokens = new Map<string, number>();
const LIFETIME_MS = 3_600_000;

if (import.meta.main)
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
          known
            ? undefined
            : new Refusal(403, 'This form is out of date. Reload the page and send it again.'),
        );
      },
    },
  });
