/** Finds the requests of a single-page app in its scripts. */
import { fromBase } from '../client/page.ts';
import { escaped } from '../core/response/finding.ts';
import { type HintedRequest, type Hints, NO_HINTS } from './hints.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT, REGISTER, UNSAFE } from './words.ts';

const SCRIPTS = 8;
const MOST = { logins: 6, pages: 24, logouts: 6, writes: 6 };
const SCRIPT = /<(?:script|link)\b[^>]*?\s(?:src|href)\s*=\s*["']?([^"'\s>]+\.m?js(?:\?[^"'\s>]*)?)/gi;
/** Matches a path in quotes, such as `"/api/notes"`, and the first part of a path such as `"/api/" + id`. */
const PATH = /["'`](\/(?!\/)[\w./-]{1,60}?)(?:["'`](\s*\+)?|(\$\{))/g;
/** Matches a path after a variable, in `${base}/notes` and `base + "/notes"`. */
const AFTER =
  /(?:\$\{([\w$.]{1,40})\}|([\w$.]{1,40})\s*\+\s*["'`])(\/(?!\/)[\w./-]{1,60}?)(?:["'`]|\$\{|\?)/g;
const INLINE = /<script\b(?![^>]*\ssrc\b)[^>]*>\s*\S/i;
const CREDENTIALS = /\{([^{}]{0,120}\b(?:password|passwd|pass|pwd|secret|passphrase)\b[^{}]{0,80})\}/g;
/**
 * Matches the object in `JSON.stringify({title:a})`, `.post(b,{title:a})`, `send("POST","/todos",{title:a})` and
 * `send("/todos",{title:a})`.
 */
const ONE_FIELD =
  /(?:stringify\(|\.(?:post|put|patch)\([^,()]{1,80},|["'`](?:POST|PUT|PATCH)["'`],(?:[^,(){}]{1,80},)?|["'`]\/[\w./-]{1,60}["'`],)\s*\{\s*["']?(\w{2,20})["']?\s*(?::\s*[\w.$]{1,30}(?:\.trim\(\))?\s*)?\}\s*\)/g;
const USER = /^(user(name)?|e?mail|login|name|account|identifier)$/i;
const PASSWORD = /^(password|passwd|pass|pwd|secret|passphrase)$/i;
/** Matches names of request options, such as `headers`, which are not fields of a body. */
const OPTION =
  /^(params|headers|signal|method|query|body|data|cache|mode|credentials|timeout|state|replace)$/;
/** Matches paths that may change something or end sessions. Init never tries them. */
const CHANGES = /delet|remov|destroy|revoke|verify|(update|change)-/;
/** Matches paths about accounts and sessions. Init writes no text to them. */
const OWN = /\/(auth|accounts?|(get-)?sessions?)\b|\/(users?|me)$/;
const API = /\/(api|auth|v\d)\b/;
const BASE = /^\/(?:api|v\d)(?:\/(?:v\d|auth))?$/;
const FILE = /\.\w{2,5}$/;

/** Returns the requests in the page's scripts, and in the scripts that they load. */
export async function hintsOfScripts(stranger: Visitor, page: PageVisit): Promise<Hints> {
  const waiting = [...page.body.matchAll(SCRIPT)].map(
    ([, address = '']) => [fromBase(address, page.base), page.path] as const,
  );
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

/** Returns the requests that the text of all scripts contains. */
export function hintsIn(text: string): Hints {
  const all = pathsIn(text);
  const harmless = all.filter(path => !CHANGES.test(path));
  const safe = harmless.filter(path => ![UNSAFE, LOGIN, REGISTER, OWN].some(one => one.test(path)));
  const bodies = credentialsIn(text);
  const logins = inTurns(
    text,
    all.filter(path => isLogin(path.toLowerCase())),
  ).slice(0, MOST.logins);
  return {
    logins: logins.flatMap(path => bodies.map((json): HintedRequest => ({ method: 'POST', path, json }))),
    pages: inTurns(
      text,
      harmless.filter(path => !LOGOUT.test(path) && !/\/$/.test(path)),
    ).slice(0, MOST.pages),
    logouts: logoutsIn(text, all).slice(0, MOST.logouts),
    writes: writesIn(text, safe).slice(0, MOST.writes),
  };
}

/**
 * Returns a request for each path with each field that stands alone in a request body. Requests whose path and field
 * are close together in the script come first.
 */
function writesIn(text: string, paths: readonly string[]): HintedRequest[] {
  const fields = [...text.matchAll(ONE_FIELD)]
    .map(({ 0: { length }, 1: name = '', index }) => ({ name, path: lastPath(text, index + length) }))
    .filter(({ name }) => ![USER, PASSWORD, UNSAFE, OPTION].some(one => one.test(name.toLowerCase())));
  const beside = fields.flatMap(({ name, path: end }) =>
    paths.filter(path => end !== undefined && path.endsWith(end)).map(path => ({ name, path })),
  );
  const names = [...new Set(fields.map(({ name }) => name))];
  const all = [...beside, ...paths.flatMap(path => names.map(name => ({ name, path })))];
  const known = new Map(all.map(({ name, path }) => [`${path} ${name}`, { name, path }]));
  return [...known.values()].map(({ name, path }) => ({ method: 'POST', path, json: { [name]: '{value}' } }));
}

/** Returns the last path in the 200 characters before the position `end`. */
const lastPath = (text: string, end: number): string | undefined =>
  [...text.slice(Math.max(0, end - 200), end).matchAll(/["'`}](\/(?!\/)[\w./-]{1,60}?)["'`]/g)].at(-1)?.[1];

/**
 * Returns the paths in a new order: alternates between paths that init composed with a prefix, and paths that the text
 * contains as a whole.
 */
function inTurns(text: string, paths: readonly string[]): string[] {
  const literal = new Set([...text.matchAll(PATH)].map(([, path]) => path));
  const whole = paths.filter(path => literal.has(path));
  const composed = paths.filter(path => !literal.has(path));
  const length = Math.max(whole.length, composed.length);
  return Array.from({ length }, (_, i) => [composed[i], whole[i]])
    .flat()
    .filter(path => path !== undefined);
}

const isLogin = (path: string): boolean =>
  (LOGIN.test(path) || /\/(auth|sessions?|tokens?)$/.test(path)) &&
  !LOGOUT.test(path) &&
  !REGISTER.test(path);

function logoutsIn(text: string, paths: readonly string[]): HintedRequest[] {
  const posts = inTurns(
    text,
    paths.filter(path => LOGOUT.test(path.toLowerCase())),
  );
  const deletions = paths.filter(path => /\/(sessions?|login|auth)$/.test(path));
  return [
    ...posts.map((path): HintedRequest => ({ method: 'POST', path, json: {} })),
    ...deletions.map((path): HintedRequest => ({ method: 'DELETE', path })),
  ];
}

function pathsIn(text: string): string[] {
  const found = [...text.matchAll(PATH)].map(([, path = '', sum, template]) => ({
    path: URL.parse(path, 'http://app')?.pathname ?? path,
    prefix: (sum ?? template) !== undefined,
  }));
  // Does not count the path of a login as a prefix, such as the first part of "/auth/login/" + provider.
  const begins = found.filter(({ path, prefix }) => prefix && !LOGIN.test(path.toLowerCase()));
  const prefixes = new Set(begins.map(({ path }) => bare(path)));
  for (const [, base = ''] of text.matchAll(/base_?url["']?\s*[:=]\s*["'`](\/[\w./-]{1,40})["'`]/gi))
    prefixes.add(bare(base));
  const paths = found.filter(({ path, prefix }) => !prefix && !FILE.test(path)).map(({ path }) => path);
  const below = (prefix: string, all: readonly string[]): string[] =>
    all.filter(path => !path.startsWith(prefix)).map(path => prefix + path);
  const rest = paths.filter(path => !API.test(path));
  const based = paths.filter(path => BASE.test(path)).flatMap(base => below(base, rest));
  const whole = [...prefixes].flatMap(prefix => below(prefix, paths));
  const apis = paths.filter(path => API.test(path));
  return [...new Set([...afterVariables(text), ...whole, ...apis, ...based, ...paths])];
}

/** Returns the full paths for texts such as `${base}/notes`: one for each prefix that the scripts assign to `base`. */
function afterVariables(text: string): string[] {
  const known = new Map<string, string[]>();
  return [...text.matchAll(AFTER)].flatMap(([, inTemplate, inSum, path = '']) => {
    const name = (inTemplate ?? inSum ?? '').split('.').at(-1) ?? '';
    const prefixes = known.get(name) ?? valuesOf(name, text);
    known.set(name, prefixes);
    return FILE.test(path) ? [] : prefixes.map(prefix => bare(prefix) + path);
  });
}

function valuesOf(name: string, text: string): string[] {
  const literal = '["\'`](\\/[\\w./-]{1,40}|https?:\\/\\/[^"\'`\\s]{1,80})["\'`]';
  const assigned = new RegExp(`(?<![\\w$.])${escaped(name)}["']?\\s*[:=]\\s*${literal}`, 'g');
  const values = [...text.matchAll(assigned)].flatMap(
    ([, value = '']) => URL.parse(value, 'http://app') ?? [],
  );
  return values.length === 0 ? [''] : values.map(({ pathname }) => pathname);
}

const bare = (path: string): string => path.replace(/\/$/, '');

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
