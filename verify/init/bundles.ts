/** Finds the requests of a single-page app in its scripts. */
import { fromBase } from '../client/page.ts';
import { type HintedRequest, type Hints, NO_HINTS } from './hints.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT, REGISTER, UNSAFE } from './words.ts';

const SCRIPTS = 8;
const MOST = { logins: 6, pages: 24, logouts: 6, writes: 6 };
const SCRIPT = /<(?:script|link)\b[^>]*?\s(?:src|href)\s*=\s*["']?([^"'\s>]+\.m?js(?:\?[^"'\s>]*)?)/gi;
/** Matches a path in quotes, such as `"/api/notes"`, and the first part of a path such as `"/api/" + id`. */
const PATH = /["'`](\/(?!\/)[\w./-]{1,60}?)(?:["'`](\s*\+)?|(\$\{))/g;
const INLINE = /<script\b(?![^>]*\ssrc\b)[^>]*>\s*\S/i;
const CREDENTIALS = /\{([^{}]{0,120}\b(?:password|passwd|pass|pwd|secret|passphrase)\b[^{}]{0,80})\}/g;
/** Matches the object in `JSON.stringify({title:a})`, `.post(b,{title:a})` and `send("POST","/todos",{title:a})`. */
const ONE_FIELD =
  /(?:stringify\(|\.(?:post|put|patch)\([^,()]{1,80},|["'`](?:POST|PUT|PATCH)["'`],(?:[^,(){}]{1,80},)?)\s*\{\s*["']?(\w{2,20})["']?\s*(?::\s*[\w.$]{1,30}(?:\.trim\(\))?\s*)?\}\s*\)/g;
const USER = /^(user(name)?|e?mail|login|name|account|identifier)$/i;
const PASSWORD = /^(password|passwd|pass|pwd|secret|passphrase)$/i;
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
  const fields = [...new Set([...text.matchAll(ONE_FIELD)].map(([, name = '']) => name))].filter(
    name => !USER.test(name) && !PASSWORD.test(name) && !UNSAFE.test(name.toLowerCase()),
  );
  return {
    logins: logins.flatMap(path => bodies.map((json): HintedRequest => ({ method: 'POST', path, json }))),
    pages: inTurns(
      text,
      harmless.filter(path => !LOGOUT.test(path) && !/\/$/.test(path)),
    ).slice(0, MOST.pages),
    logouts: logoutsIn(text, all).slice(0, MOST.logouts),
    writes: safe
      .flatMap(path =>
        fields.map((name): HintedRequest => ({ method: 'POST', path, json: { [name]: '{value}' } })),
      )
      .slice(0, MOST.writes),
  };
}

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
  const bare = (path: string): string => path.replace(/\/$/, '');
  // In "/auth/login/" + provider, the first part is the login itself.
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
  return [...new Set([...whole, ...paths.filter(path => API.test(path)), ...based, ...paths])];
}

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
