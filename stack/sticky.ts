/** Makes nginx pin visitors to instances with the cookies of other balancers. */
import { createHash, randomBytes } from 'node:crypto';
import type { NginxAdditions } from './nginx-files.ts';
import type { Routed } from './stack.ts';

/**
 * The ways in which nginx pins a visitor to an instance:
 * - duration: a cookie of the balancer names the instance, for a limited time
 * - application: as duration, but nginx sets the cookie together with the app's cookie, and ignores it in requests
 * without the app's cookie
 * - hash: nginx chooses the instance by the hash of a cookie; when instances are added or removed, some visitors move
 */
export const STICKY = ['duration', 'application', 'hash'] as const;
export type StickyMode = (typeof STICKY)[number];

/** Describes a cookie of the balancer whose value names an instance. */
interface StickyCookie {
  name: string;
  /**
   * Name of a cookie of the app. If a request lacks this cookie, the balancer ignores the balancer's cookie in the
   * request.
   */
  beside?: string;
  /**
   * Attributes of the balancer's cookie, such as `Path=/; Max-Age=60`. Absent: the balancer copies the attributes of
   * the app's cookie.
   */
  attributes?: string;
  /** True if every response sets the cookie. False if only responses that change its value set the cookie. */
  renewed: boolean;
  /** A second cookie with the same value and other attributes, for cross-site requests. */
  twin?: { name: string; attributes: string };
}

export interface Sticky {
  mode: StickyMode;
  /** Name of the balancer's cookie. */
  cookie: string;
  additions: NginxAdditions;
}

/** Name of the cookie that nginx gives each visitor. Its value determines the instance. */
const ROUTE_COOKIE = 'route';

/**
 * Pins each visitor to an instance by a cookie. At the first request, nginx makes the value of the cookie, chooses the
 * instance by this value, and sets the cookie in the response. So the instance of the login gets all later requests of
 * the session, too.
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

/** Name of the session cookie of the card store (Baton's web shop). */
const APP_COOKIE = 'sid';
const DAY_S = 86_400;

/**
 * Returns the nginx directives for a way of pinning visitors, and the name of the cookie that pins them.
 *
 * @param like the AWS load balancer whose cookie nginx sets: a classic or an application load balancer; absent: a
 * cookie without AWS's names
 * @param seconds lifetime of the cookie after each response that sets it, in mode `duration`; one day by default
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

/**
 * Returns nginx directives that pin visitors to instances by a cookie. Clients cannot guess the cookie value of an
 * instance.
 */
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

/**
 * Returns one nginx group for each instance, and two nginx maps: from cookie value to group, and from address to cookie
 * value.
 */
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
    // Maps the address of the instance that served the request to the cookie value. `volatile` makes nginx evaluate the
    // map again when it knows the address.
    ...['map $upstream_addr $sticky_chosen {', '  volatile;', '  default "";', ...chosen, '}'],
  ].join('\n');
}

/** Returns an nginx map that decides whether a response sets the balancer's cookie, and to which value. */
function issue({ name, beside, attributes, renewed }: StickyCookie): string {
  const follows = beside !== undefined && attributes === undefined;
  const value = `"${name}=$sticky_chosen${follows ? '$sticky_attributes' : `; ${attributes}`}"`;
  const same = (before: string) => (renewed ? [] : [`  "~${before}(?<was>[^:]+):\\k<was>$" "";`]);
  const rules =
    beside === undefined
      ? [...same('^'), `  default ${value};`]
      : [
          // Sets the balancer's cookie if the app sets its own cookie in this response, or if the request has both
          // cookies.
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

/** Returns nginx directives that copy the lifetime and the flags of the app's cookie to the balancer's cookie. */
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
