import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const etagIgnoresTheUser: Defect = {
  kind: 'defect',
  name: 'etag-ignores-the-user',
  section: 'isolation',
  broken:
    'Browsers may keep pages and must ask whether they have changed. The ETag of a page depends on its data, but not on its header, which names the user. When another user logs in with the same browser, the app answers 304, and the browser shows the page of the first user.',
  wild: 'The ETag was computed from the date or the data of a page. What the page shows besides, such as the name or the permissions of the user, is not in it.',
  references: ['Meeds-io/social PR#2284', 'AlchemyCMS/alchemy_cms PR#498', 'Wikia/app PR#3334'],
  remedy:
    'Compute the ETag from the whole response, or add the session to it. Send `Cache-Control: no-store` if pages of a user must not stay in a browser.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: [
    'continuity',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'one-session',
    'cookie-policy',
    'private-responses',
    'availability',
    'evidence',
  ],
};

/** Sets the ETag of each page from its content without its header, which names the user. */
const etagOfContent: RequestHandler = (request, response, next) => {
  const send = response.send.bind(response);
  response.send = page => {
    if (typeof page === 'string' && request.session.user !== undefined) {
      const content = page.slice(page.indexOf('</header>'));
      const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
      response.set({ 'Cache-Control': 'private, no-cache', ETag: etag });
    }
    return send(page);
  };
  next();
};

if (import.meta.main) servePlain({ onSession: () => etagOfContent });
