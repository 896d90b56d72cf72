/** Makes nginx pin visitors to instances with the cookies of other load balancers. */
import { createHash, randomBytes } from 'node:crypto';
import type { NginxAdditions } from './nginx.ts';
import type { Routed } from './stack.ts';

/**
 * Ways in which nginx pins a visitor to an instance:
 * - duration: a balancer's cookie names the instance, for a limited time
 * - application: like `duration`, but the balancer sets and accepts its cookie only together with the app's cookie
 * - hash: by the hash of a cookie; some visitors move when instances are added or removed
 */
export const STICKY = ['duration', 'application', 'hash'] as const;
export type StickyMode = (typeof STICKY)[number];

/** A balancer's cookie whose value names an instance. */
interface StickyCookie {
  name: string;
  /** Name of an app's cookie. In a request without the app's cookie, the balancer ignores its own cookie. */
  beside?: string;
  /** Attributes such as `Path=/; Max-Age=60`. Absent: copied from the app's cookie. */
  attributes?: string;
  /** True if every response sets the cookie; false if only a response with a new value does. */
  renewed: boolean;
  /** A second cookie with the same value and other attributes, for cross-site requests. */
  twin?: { name: string; attributes: string };
}

export interface Sticky {
  mode: StickyMode;
  cookie: string;
  additions: NginxAdditions;
}

const ROUTE_COOKIE = 'route';

/**
 * Pins each visitor by a cookie that nginx sets at the first request, so the whole session stays on the instance of
 * the login.
 */
export const BY_ROUTE_COOKIE: NginxAdditions = {
  http: `
    map $cookie_${ROUTE_COOKIE} $route { default $cookie_${ROUTE_COOKIE}; "" $request_id; }
    map $cookie_${ROUTE_COOKIE} $given_route {
      default "";
      "" "${ROUTE_COOKIE}=$request_id; Path=/; HttpOnly; SameSite=Lax";
    }`,
  server: 'add_header Set-Cookie $given_route always;',
  upstream: forgotten => `hash $route${forgotten === 0 ? '' : `:${forgotten}`} consistent;`,
};

/** Session cookie of the card store (Baton's web shop). */
const APP_COOKIE = 'sid';
const DAY_S = 86_400;

/**
 * Returns the nginx directives that pin visitors, and the name of the cookie.
 * @param like AWS load balancer whose cookie nginx sets; absent: nginx sets Baton's own cookie
 * @param seconds lifetime of the cookie in mode `duration`; one day by default
 */
export function stickyBy(mode: StickyMode, like?: 'classic' | 'alb', seconds = DAY_S): Sticky {
  if (mode === 'hash') return { mode, cookie: ROUTE_COOKIE, additions: BY_ROUTE_COOKIE };
  const cookie = mode === 'duration' ? byDuration(like, seconds) : byApplication(like);
  return { mode, cookie: cookie.name, additions: namedBy(cookie) };
}

function byDuration(like: 'classic' | 'alb' | undefined, seconds: number): StickyCookie {
  const attributes = `Path=/; Max-Age=${seconds}`;
  if (like === undefined)
    return { name: ROUTE_COOKIE, attributes: `${attributes}; HttpOnly; SameSite=Lax`, renewed: false };
  if (like === 'classic') return { name: 'AWSELB', attributes, renewed: false };
  const twin = { name: 'AWSALBCORS', attributes: `${attributes}; SameSite=None; Secure` };
  return { name: 'AWSALB', attributes, renewed: true, twin };
}

function byApplication(like: 'classic' | 'alb' | undefined): StickyCookie {
  const beside = APP_COOKIE;
  if (like === 'alb')
    return { name: 'AWSALBAPP', beside, attributes: `Path=/; Max-Age=${7 * DAY_S}`, renewed: true };
  return { name: like === 'classic' ? 'AWSELB' : ROUTE_COOKIE, beside, renewed: false };
}

function namedBy(cookie: StickyCookie): NginxAdditions {
  const { twin } = cookie;
  const secret = randomBytes(16).toString('hex');
  const word = (name: string): string => createHash('sha256').update(`${secret} ${name}`).digest('hex');
  const twinHeader = twin === undefined ? '' : '\nadd_header Set-Cookie $sticky_twin always;';
  return {
    http: [issue(cookie), ...(twin === undefined ? [] : [repeat(twin)])].join('\n'),
    server: `set $first $sticky_first;\nadd_header Set-Cookie $sticky_cookie always;${twinHeader}`,
    instances: (instances, forgotten) =>
      perInstance(cookie, instances, name => word(forgotten === 0 ? name : `${name} ${forgotten}`)),
  };
}

function perInstance(
  { name, beside }: StickyCookie,
  instances: readonly Routed[],
  word: (name: string) => string,
): string {
  const all = instances.map(({ name, url }, n) => ({
    group: `only_${n}`,
    word: word(name),
    host: new URL(url).host,
  }));
  const groups = all.map(
    ({ group, host }) =>
      `upstream ${group} { zone ${group} 64k; server ${host}; keepalive 32; keepalive_timeout 2s; }`,
  );
  const first = all.map(({ group, word }) => `  "~^${beside === undefined ? '' : '.+:'}${word}$" ${group};`);
  const key = beside === undefined ? `$cookie_${name}` : `"$cookie_${beside}:$cookie_${name}"`;
  const chosen = all.map(({ word, host }) => `  "~(?:^|[ ])${host.replaceAll('.', '\\.')}$" ${word};`);
  return [
    ...groups,
    ...[`map ${key} $sticky_first {`, '  default instances;', ...first, '}'],
    // nginx evaluates a `volatile` map again once the address of the instance is known.
    ...['map $upstream_addr $sticky_chosen {', '  volatile;', '  default "";', ...chosen, '}'],
  ].join('\n');
}

function issue({ name, beside, attributes, renewed }: StickyCookie): string {
  const follows = beside !== undefined && attributes === undefined;
  const value = `"${name}=$sticky_chosen${follows ? '$sticky_attributes' : `; ${attributes}`}"`;
  const same = (before: string) => (renewed ? [] : [`  "~${before}(?<was>[^:]+):\\k<was>$" "";`]);
  const rules =
    beside === undefined
      ? [...same('^'), `  default ${value};`]
      : [
          // The balancer sets its cookie if the response sets the app's cookie, or if the request has both cookies.
          ...[`  "~^[^|]+\\|" ${value};`, ...same('^\\|[^|]+\\|'), `  "~^\\|[^|]+\\|[^:]+:" ${value};`],
          '  default "";',
        ];
  const sent =
    beside === undefined ? `$cookie_${name}` : `$upstream_cookie_${beside}|$cookie_${beside}|$cookie_${name}`;
  return [
    ...(follows ? [attributesOf(beside)] : []),
    ...[`map "${sent}:$sticky_chosen" $sticky_cookie {`, '  volatile;'],
    ...['  "~:$" "";', ...rules, '}'],
  ].join('\n');
}

function attributesOf(cookie: string): string {
  const one = '; *(?:expires=\\w+, [^;,]*|[^;,]*)';
  return [
    ...['map $upstream_http_set_cookie $sticky_attributes {', '  volatile;', '  default "; Path=/";'],
    ...[`  "~*(?:^|, )${cookie}=[^;,]*(?<own>(?:${one})+)" $own;`, '}'],
  ].join('\n');
}

function repeat({ name, attributes }: { name: string; attributes: string }): string {
  return `map $sticky_cookie $sticky_twin { volatile; default ""; ~. "${name}=$sticky_chosen; ${attributes}"; }`;
}
