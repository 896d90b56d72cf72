/** Finds the rules of the cookie policy that a session cookie violates. */
import type { CookieAttributes, Operation, Run } from '../history/history.ts';
import { defaultPath, MOST_BYTES } from '../timeline/session-jar.ts';

type Policy = ReturnType<typeof policyOf>;

export const policyOf = ({ url, declared }: Run) => ({
  https: url.startsWith('https:'),
  asvs: declared?.cookies === 'asvs',
  attributes: declared?.attributes ?? {},
});

export interface Exposure {
  fault: string;
  came: string;
  expected: string;
}

export const ROOM = 'room';
/** Minimum size of a session id in bits: 64 by OWASP WSTG, 128 by OWASP ASVS. */
const LEAST_BITS = 64;
const LEAST_BITS_ASVS = 128;
const SAME_SITE = new Set(['strict', 'lax', 'none']);

const FOLDED: Exposure = {
  fault: 'folded',
  came:
    'shares one Set-Cookie line with other cookies, joined by commas: a proxy folded several lines into one, and ' +
    'clients keep only the first cookie, without its attributes',
  expected: 'one Set-Cookie line for each cookie (RFC 9110, 5.3)',
};

export function exposures(
  name: string,
  attributes: CookieAttributes,
  policy: Policy,
  operation: Operation,
): readonly Exposure[] {
  const { httpOnly, secure, sameSite, bytes, bits } = attributes;
  // A proxy joined several Set-Cookie lines into one, so their attributes are unknown.
  if (attributes.folded === true) return [FOLDED];
  const bitsNeeded = policy.asvs ? LEAST_BITS_ASVS : LEAST_BITS;
  // A direct request bypasses the balancer, and may use http although clients of the balancer use https.
  const mustBeSecure = (policy.https && operation.direct !== true) || sameSite === 'none';
  const prefixed = !policy.asvs || name.startsWith('__Host-') || name.startsWith('__Secure-');
  const sited = sameSite !== undefined && SAME_SITE.has(sameSite);
  const found: Exposure[] = [];
  const add = (fault: string, came: string, expected: string) => found.push({ fault, came, expected });
  if (!httpOnly) add('HttpOnly', 'has no HttpOnly: scripts can read it', 'HttpOnly');
  if (!sited) {
    const came =
      sameSite === undefined ? 'has no SameSite' : `has SameSite=${sameSite}, which is no known value`;
    add('SameSite', came, 'SameSite=Lax or Strict');
  }
  if (mustBeSecure && !secure) add('Secure', 'has no Secure: browsers also send it over http', 'Secure');
  if (bytes > MOST_BYTES) {
    add('size', `has ${bytes} bytes: browsers drop it`, `at most ${MOST_BYTES} bytes`);
  }
  if (bits < bitsNeeded) {
    const came = `holds at most ${bits} bits, by its characters that differ between ids: it can be guessed`;
    add(ROOM, came, `at least ${bitsNeeded} bits`);
  }
  // Direct requests bypass a proxy that may add attributes.
  if (operation.direct !== true)
    found.push(...undeclared(attributes, policy.attributes[name] ?? {}, operation.path));
  if (!prefixed) add('prefix', 'has neither __Host- nor __Secure- before its name', '__Host- or __Secure-');
  return found;
}

function undeclared(
  attributes: CookieAttributes,
  declared: Policy['attributes'][string],
  path: string | undefined,
): Exposure[] {
  const had = { ...attributes, path: attributes.path ?? defaultPath(path) };
  return (Object.keys(declared) as (keyof typeof declared)[]).flatMap(attribute => {
    const [given, value] = [declared[attribute], had[attribute]];
    const wanted = attribute === 'domain' ? String(given).replace(/^\./, '').toLowerCase() : given;
    if (value === wanted) return [];
    const came = value === undefined ? `has no ${attribute}` : `has ${attribute}=${value}`;
    return [{ fault: attribute, came, expected: `${attribute}=${wanted}, as \`cookies\` declares` }];
  });
}

const ABSENT = new Set([401, 403, 404, 410]);

/** Judges the response to a read without cookies. A health check or a static file must not set a session cookie. */
export function withoutCookie(
  { action, with: sent, signedIn, status, cookies }: Operation,
  count: { without: number; absent: number },
): Exposure | undefined {
  if (sent !== 'none' || action !== 'read' || status === undefined) return undefined;
  if (signedIn === 'out' || ABSENT.has(status)) count.absent++;
  if (signedIn !== undefined || status >= 400) return undefined;
  count.without++;
  const set = cookies?.find(cookie => cookie.change === 'set');
  const came = `set ${set?.name}: a new session for each such request`;
  return set && { fault: 'without a cookie', expected: 'no session cookie', came };
}
