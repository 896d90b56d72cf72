/**
 * Reads the requests of a single-page app from its scripts: paths in quotes, and the members of the JSON that
 * the scripts send.
 */
import { type HintedRequest, type Hints, NO_HINTS } from './hints.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT, REGISTER, UNSAFE } from './words.ts';

/**
 * Maximum number of scripts to read. Scripts that the page loads are read first, then scripts that other scripts load.
 */
const SCRIPTS = 8;
/** Maximum number of paths to try for each purpose: as logins, as pages, as logouts and as writes. */
const MOST = { logins: 6, pages: 24, logouts: 6, writes: 6 };
/** Matches the tags that load scripts. */
const SCRIPT = /<(?:script|link)\b[^>]*?\s(?:src|href)\s*=\s*["']?([^"'\s>]+\.m?js(?:\?[^"'\s>]*)?)/gi;
/**
 * Matches a path in quotes, such as `"/api/notes"`. Of a path that a script composes, such as `"/api/" + id`, matches
 * the first part.
 */
const PATH = /["'`](\/[\w./-]{1,60}?)(?:["'`](\s*\+)?|(\$\{))/g;
/** Matches a script that is written inside an HTML page. */
const INLINE = /<script\b(?![^>]*\ssrc\b)[^>]*>\s*\S/i;
/** Matches an object such as `{email:a,password:b}` that a login sends. */
const CREDENTIALS = /\{([^{}]{0,120}\b(?:password|passwd|pass|pwd|secret|passphrase)\b[^{}]{0,80})\}/g;
/**
 * Matches the object with one member that a request sends: `JSON.stringify({title:a})`, `.post(b,{title:a})`, or
 * `send("POST","/todos",{title:a})`, where `send` is a function of the app.
 */
const ONE_FIELD =
  /(?:stringify\(|\.(?:post|put|patch)\([^,()]{1,80},|["'`](?:POST|PUT|PATCH)["'`],(?:[^,(){}]{1,80},)?)\s*\{\s*["']?(\w{2,20})["']?\s*(?::\s*[\w.$]{1,30}(?:\.trim\(\))?\s*)?\}\s*\)/g;
const USER = /^(user(name)?|e?mail|login|name|account|identifier)$/i;
const PASSWORD = /^(password|passwd|pass|pwd|secret|passphrase)$/i;
/** Matches a path that may change something or end sessions. Init does not try such a path as a page or as a write. */
const CHANGES = /delet|remov|destroy|revoke|verify|(update|change)-/;
/** Matches a path of the account or of its sessions. Init writes no text to such a path. */
const OWN = /\/(auth|accounts?|(get-)?sessions?)\b|\/(users?|me)$/;
/** Matches a path that belongs to an API, not to a page. */
const API = /\/(api|auth|v\d)\b/;
/** Matches a prefix of other paths, such as /api/auth or /v1. It is the base address of a client library. */
const BASE = /^\/(?:api|v\d)(?:\/(?:v\d|auth))?$/;
/** Matches a path to a file. A login, a logout or a write never has such a path. */
const FILE = /\.\w{2,5}$/;

/**
 * Reads the scripts in a page, the scripts that the page loads, and the scripts that other scripts load. Returns the
 * requests that all these scripts suggest.
 */
export async function hintsOfScripts(stranger: Visitor, page: PageVisit): Promise<Hints> {
  const waiting = [...page.body.matchAll(SCRIPT)].map(([, address = '']) => [address, page.path] as const);
  const read = new Set<string>();
  const texts: string[] = [page.body];
  while (waiting.length > 0 && read.size < SCRIPTS) {
    const [address, from] = waiting.shift() as readonly [string, string];
    const path = stranger.pathOf(address, from);
    if (path === undefined || read.has(path)) continue;
    read.add(path);
    const { body, status } = await stranger.get(path);
    if (status !== 200) continue;
    texts.push(body);
    for (const [, next = ''] of body.matchAll(/["']([\w./-]+\.m?js)["']/g)) waiting.push([next, path]);
  }
  return read.size === 0 && !INLINE.test(page.body) ? NO_HINTS : hintsIn(texts.join('\n'));
}

/**
 * Returns the requests that scripts suggest.
 *
 * @param text text of all scripts
 */
export function hintsIn(text: string): Hints {
  const all = pathsIn(text);
  const harmless = all.filter(path => !CHANGES.test(path));
  const safe = harmless.filter(path => ![UNSAFE, LOGIN, REGISTER, OWN].some(one => one.test(path)));
  const bodies = credentialsIn(text);
  const logins = all.filter(path => isLogin(path.toLowerCase())).slice(0, MOST.logins);
  const fields = [...new Set([...text.matchAll(ONE_FIELD)].map(([, name = '']) => name))].filter(
    name => !USER.test(name) && !PASSWORD.test(name) && !UNSAFE.test(name.toLowerCase()),
  );
  return {
    logins: logins.flatMap(path => bodies.map((json): HintedRequest => ({ method: 'POST', path, json }))),
    pages: harmless.filter(path => !LOGOUT.test(path) && !/\/$/.test(path)).slice(0, MOST.pages),
    logouts: logoutsIn(all).slice(0, MOST.logouts),
    writes: safe
      .flatMap(path =>
        fields.map((name): HintedRequest => ({ method: 'POST', path, json: { [name]: '{value}' } })),
      )
      .slice(0, MOST.writes),
  };
}

const isLogin = (path: string): boolean =>
  (LOGIN.test(path) || /\/(auth|sessions?|tokens?)$/.test(path)) &&
  !LOGOUT.test(path) &&
  !REGISTER.test(path);

/**
 * Returns a POST request for each path whose name suggests a logout, and a DELETE request for each path such
 * as /session.
 */
function logoutsIn(paths: readonly string[]): HintedRequest[] {
  const posts = paths.filter(path => LOGOUT.test(path.toLowerCase()));
  const deletions = paths.filter(path => /\/(sessions?|login|auth)$/.test(path));
  return [
    ...posts.map((path): HintedRequest => ({ method: 'POST', path, json: {} })),
    ...deletions.map((path): HintedRequest => ({ method: 'DELETE', path })),
  ];
}

/**
 * Returns the paths in quotes. If the scripts add a prefix to paths (`"/api" + path`), also returns each path with this
 * prefix.
 */
function pathsIn(text: string): string[] {
  const found = [...text.matchAll(PATH)].map(([, path = '', sum, template]) => ({
    path,
    prefix: (sum ?? template) !== undefined,
  }));
  const bare = (path: string): string => path.replace(/\/$/, '');
  const prefixes = new Set(found.filter(({ prefix }) => prefix).map(({ path }) => bare(path)));
  for (const [, base = ''] of text.matchAll(/base_?url["']?\s*[:=]\s*["'`](\/[\w./-]{1,40})["'`]/gi))
    prefixes.add(bare(base));
  const paths = found.filter(({ path, prefix }) => !prefix && !FILE.test(path)).map(({ path }) => path);
  const below = (prefix: string, all: readonly string[]): string[] =>
    all.filter(path => !path.startsWith(prefix)).map(path => prefix + path);
  const rest = paths.filter(path => !API.test(path));
  const based = paths.filter(path => BASE.test(path)).flatMap(base => below(base, rest));
  const whole = [...prefixes].flatMap(prefix => below(prefix, paths));
  return [...new Set([...whole, ...paths.filter(path => API.test(path)), ...based, ...paths])];
}

/**
 * Returns the bodies of login requests that the scripts build. Returns the usual body of a login if the scripts show
 * none.
 */
function credentialsIn(text: string): Record<string, string>[] {
  const bodies = [...text.matchAll(CREDENTIALS)].flatMap(([, inside = '']) => {
    const names = inside.split(',').map(part => /^\s*["']?(\w+)["']?\s*(?::|$)/.exec(part)?.[1] ?? '');
    const [user, password] = [names.find(name => USER.test(name)), names.find(name => PASSWORD.test(name))];
    return user === undefined || password === undefined
      ? []
      : [{ [user]: '{user}', [password]: '{password}' }];
  });
  const all =
    bodies.length > 0
      ? bodies
      : [
          { username: '{user}', password: '{password}' },
          { email: '{user}', password: '{password}' },
        ];
  return [...new Map(all.map(body => [JSON.stringify(body), body])).values()].slice(0, 2);
}
