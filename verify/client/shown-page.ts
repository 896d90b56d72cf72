/** Finds the page that a browser would show, because browsers send its address as `Referer`. */
import type { Reply } from '../core/response/reply.ts';

/** The page that a browser shows, and what its header `Referrer-Policy` allows scripts, links and forms to send. */
export interface Referring {
  url: URL;
  sends: 'address' | 'origin' | 'nothing';
}

/**
 * Returns the page that a browser shows after a response to a document's request: an HTML page, or the page to which
 * the response redirects. Returns undefined if the browser keeps its page, as after JSON that a script has requested.
 *
 * @param asked address of the request
 * @param addressOf returns the address of a path of the target
 */
export function shownAfter(
  asked: URL,
  { status = 500, headers, leads }: Reply,
  addressOf: (path: string) => URL,
): Referring | undefined {
  if (leads !== undefined) return { url: addressOf(leads), sends: 'address' };
  if (status >= 300 || !/html/.test(`${headers['content-type']}`)) return undefined;
  return { url: asked, sends: sentUnder(`${headers['referrer-policy'] ?? ''}`) };
}

/** Returns what a browser sends to the page's own origin, by the last policy that it knows (Referrer Policy, 8.3). */
function sentUnder(policies: string): Referring['sends'] {
  const known = policies.split(',').map(policy => SENDS[policy.trim().toLowerCase()]);
  return known.findLast(sends => sends !== undefined) ?? 'address';
}

const SENDS: Readonly<Record<string, Referring['sends']>> = {
  'no-referrer': 'nothing',
  origin: 'origin',
  'strict-origin': 'origin',
  'same-origin': 'address',
  'origin-when-cross-origin': 'address',
  'strict-origin-when-cross-origin': 'address',
  'no-referrer-when-downgrade': 'address',
  'unsafe-url': 'address',
};
