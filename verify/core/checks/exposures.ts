/** Finds what is wrong with the way in which a response sets a session cookie. */
import type { CookieAttributes, Operation } from '../history.ts';

export interface Policy {
  /** The target is reached by https. */
  https: boolean;
  /** Held to OWASP ASVS too. */
  asvs: boolean;
}

export interface Exposure {
  fault: string;
  came: string;
  expected: string;
}

/** What browsers keep at the least, and mostly at the most (RFC 6265, 6.1). */
const MOST_BYTES = 4096;
/** OWASP WSTG and ASVS. */
const LEAST_BITS = 64;
const LEAST_BITS_ASVS = 128;
const SAME_SITE = new Set(['strict', 'lax', 'none']);

const FOLDED: Exposure = {
  fault: 'folded',
  came:
    'shares one Set-Cookie line with other cookies, joined by commas: a proxy folded several lines into one, and ' +
    'clients lose all cookies but the first, with the attributes',
  expected: 'one Set-Cookie line for each cookie (RFC 9110, 5.3)',
};

/** Nothing is allocated for a cookie without fault: apps may set one at every response. */
const NOTHING: readonly Exposure[] = [];

/** @returns each thing that is wrong, with what was expected */
export function exposures(
  name: string,
  attributes: CookieAttributes,
  policy: Policy,
  operation: Operation,
): readonly Exposure[] {
  const { httpOnly, secure, sameSite, bytes, bits } = attributes;
  // Its value and attributes are mixed with those of the other cookies: only this can be said of it.
  if (attributes.folded === true) return [FOLDED];
  const bitsNeeded = policy.asvs ? LEAST_BITS_ASVS : LEAST_BITS;
  // An instance's own address may be plain http behind a balancer that speaks https.
  const mustBeSecure = (policy.https && operation.direct !== true) || sameSite === 'none';
  const prefixed = !policy.asvs || name.startsWith('__Host-') || name.startsWith('__Secure-');
  const sited = sameSite !== undefined && SAME_SITE.has(sameSite);
  if (
    httpOnly &&
    sited &&
    (secure || !mustBeSecure) &&
    bytes <= MOST_BYTES &&
    bits >= bitsNeeded &&
    prefixed
  ) {
    return NOTHING;
  }
  const found: Exposure[] = [];
  const add = (fault: string, came: string, expected: string) => found.push({ fault, came, expected });
  if (!httpOnly) add('HttpOnly', 'has no HttpOnly: scripts can read it', 'HttpOnly');
  if (!sited) {
    const came = sameSite === undefined ? 'has no SameSite' : `has SameSite=${sameSite}, which says nothing`;
    add('SameSite', came, 'SameSite=Lax or Strict');
  }
  if (mustBeSecure && !secure) add('Secure', 'has no Secure: it is sent in the clear', 'Secure');
  if (bytes > MOST_BYTES) {
    add('size', `has ${bytes} bytes: browsers drop it`, `at most ${MOST_BYTES} bytes`);
  }
  if (bits < bitsNeeded) {
    const came = `has room for ${bits} bits, by its letters and where ids differ: it can be guessed`;
    add('room', came, `room for ${bitsNeeded} bits`);
  }
  if (!prefixed) add('prefix', 'has neither __Host- nor __Secure- before its name', '__Host- or __Secure-');
  return found;
}
