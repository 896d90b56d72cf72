/** Finds requests of the app in a HAR file or a browser's recording. The result contains no secret of the recording. */
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { HintedRequest, Hints } from './hints.ts';
import { TOKEN } from './tokens.ts';
import { LOGIN, LOGOUT, UNSAFE } from './words.ts';

export interface RecordedRequest {
  method: string;
  url: string;
  /** Media type and text of the request body. */
  body?: { type: string; text: string } | undefined;
  status: number;
  /** Content-Type of the response. */
  type: string;
}

const har = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        request: z.object({
          method: z.string(),
          url: z.string(),
          postData: z.object({ mimeType: z.string(), text: z.string().default('') }).optional(),
        }),
        response: z.object({ status: z.number(), content: z.object({ mimeType: z.string().default('') }) }),
      }),
    ),
  }),
});

/**
 * Parses a HAR file (HTTP Archive 1.2).
 *
 * @throws UsageError if the text is no HAR
 */
export function recordedIn(text: string, file: string): RecordedRequest[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(
      `${file}: expected a HAR file, which is JSON. Save one in the network tab of a browser`,
    );
  }
  const parsed = har.safeParse(value);
  if (!parsed.success)
    throw new UsageError(
      `${file}: expected a HAR file with log.entries, got ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
    );
  return parsed.data.log.entries.map(({ request: { method, url, postData }, response }) => ({
    method,
    url,
    ...(postData === undefined ? {} : { body: { type: postData.mimeType, text: postData.text } }),
    status: response.status,
    type: response.content.mimeType,
  }));
}

const PAGES = 24;
const METHODS: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];
const PASSWORD = /^(password|passwd|pass|pwd|secret)$|\bpassword\b/i;
/** Names of fields whose values init never copies, because they may be secrets. */
const PRIVATE = /passw|pwd|^pass$|^pin$|secret|api[-_]?key|credential/i;
const USER = /^(user(_?name)?|e?mail|login|account|identifier|name)$|\b(user|email|login)\b/i;

/**
 * Returns the recorded requests that init can use, with placeholders for names and passwords.
 *
 * @param site address of the app; requests to other addresses are ignored
 * @param accounts accounts in the recording
 * @throws UsageError if no request sent a password
 */
export function hintsOfTraffic(
  recorded: readonly RecordedRequest[],
  site: URL,
  accounts: readonly Credentials[],
): Hints {
  const prefix = site.pathname.replace(/\/$/, '');
  const own = recorded.flatMap(one => {
    const url = URL.parse(one.url);
    if (url === null || url.host !== site.host || !url.pathname.startsWith(`${prefix}/`)) return [];
    const found = { ...one, path: pathOf(url).slice(prefix.length) };
    // Skips a GraphQL operation that contains a text, because the text may be a password or a token.
    return graphqlOf(found)?.text.includes('"') ? [] : [found];
  });
  const at = loginAt(own, accounts);
  const login = own[at];
  if (login === undefined)
    throw new UsageError(
      `init: expected a login in the recording, found no POST to ${site.host} with a password among ${own.length} requests. ` +
        'Start the recording before the login',
    );
  const before = own.slice(0, at).findLast(({ method, type }) => method === 'GET' && /html/.test(type));
  const after = own.slice(at + 1).filter(({ status }) => status < 400);
  const sends = after.filter(({ method }) => METHODS.includes(method));
  const out = (one: Own): boolean =>
    LOGOUT.test(`${one.path} ${graphqlOf(one)?.text.replace(/\(.*/s, '') ?? ''}`.toLowerCase());
  return {
    page: before?.path.split('?')[0],
    logins: [loginOf(login, accounts) as HintedRequest],
    pages: [...new Set([...after, ...own.slice(0, at)].flatMap(pageOf))].slice(0, PAGES),
    logouts: sends
      .filter(one => out(one) || (one.method === 'DELETE' && /session|auth/.test(one.path)))
      .map(one => ({ ...requestOf(one), ...bodyOf(one, () => undefined) })),
    writes: sends
      .filter(
        one =>
          one.method !== 'DELETE' &&
          !out(one) &&
          /^\s*mutation\b/.test(graphqlOf(one)?.text ?? 'mutation') &&
          !LOGIN.test(one.path) &&
          !UNSAFE.test(`${one.path} ${graphqlOf(one)?.text ?? ''}`.toLowerCase()),
      )
      .flatMap(writeOf),
  };
}

/** Removes session ids and tokens from the query of an address. */
function pathOf({ pathname, searchParams }: URL): string {
  const kept = [...searchParams].filter(
    ([name, value]) => !TOKEN.test(name) && !PRIVATE.test(name) && !isKey(value),
  );
  const query = new URLSearchParams(kept).toString();
  return pathname.replaceAll(/;[^/]*/g, '') + (query === '' ? '' : `?${query}`);
}

function loginAt(own: readonly Own[], accounts: readonly Credentials[]): number {
  const all = own.map(one => (one.method === 'POST' ? loginOf(one, accounts) : undefined));
  const whole = all.findLastIndex(login => JSON.stringify(login)?.includes('{user}') === true);
  return whole >= 0 ? whole : all.findLastIndex(login => login !== undefined);
}

interface Credentials {
  user: string;
  password: string;
}

type Own = RecordedRequest & { path: string };

function pageOf(one: Own): string[] {
  const { method, status, type, path } = one;
  if (status !== 200 || !/json|html/.test(type)) return [];
  const query = graphqlOf(one);
  // A recorded query can be repeated with GET (GraphQL over HTTP, 6.2).
  if (query !== undefined && !query.variables && !/^\s*(mutation|subscription)\b/.test(query.text))
    return [`${path}?query=${encodeURIComponent(query.text.replaceAll(/\s+/g, ' '))}`];
  return method === 'GET' ? [path] : [];
}

function graphqlOf({ method, body }: Own): { text: string; variables: boolean } | undefined {
  if (method !== 'POST' || body === undefined || !/json/.test(body.type)) return undefined;
  const parsed = graphql.safeParse(jsonOf(body.text, (_, value) => value));
  if (!parsed.success) return undefined;
  const { query, variables } = parsed.data;
  return { text: query, variables: Object.keys(variables ?? {}).length > 0 };
}

const graphql = z.object({
  query: z.string().includes('{'),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

const requestOf = ({ method, path }: Own): HintedRequest => ({
  method: method as HintedRequest['method'],
  path,
});

function loginOf(one: Own, accounts: readonly Credentials[]): HintedRequest | undefined {
  const texts: string[] = [];
  const body = bodyOf(one, (name, value) => {
    const text =
      accounts.some(({ password }) => password === value) || PASSWORD.test(name)
        ? '{password}'
        : accounts.some(({ user }) => user === value) || USER.test(name)
          ? '{user}'
          : undefined;
    texts.push(text ?? '');
    return text;
  });
  return texts.includes('{password}') ? { ...requestOf(one), ...body } : undefined;
}

/**
 * Returns a write request with `{value}` in place of its only free text. Returns an empty list if the request has no
 * free text, or several.
 */
function writeOf(one: Own): HintedRequest[] {
  let found = 0;
  const body = bodyOf(one, (name, value) => {
    if (name === 'query' && graphqlOf(one) !== undefined) return undefined;
    if (isRandom(value) || PRIVATE.test(name) || UNSAFE.test(name.toLowerCase()) || !/[a-z]/i.test(value))
      return undefined;
    found++;
    return '{value}';
  });
  return found === 1 ? [{ ...requestOf(one), ...body }] : [];
}

/** A long text without a space is a token or an id. */
const isRandom = (value: string): boolean => value.length >= 16 && !/\s/.test(value);

const isKey = (value: string): boolean => /^[\w+/=.~-]{16,}$/.test(value) && /\d/.test(value);

function bodyOf(
  { body }: Own,
  place: (name: string, value: string) => string | undefined,
): Pick<HintedRequest, 'form' | 'json'> {
  if (body === undefined || body.text === '') return {};
  const replaced = (name: string, value: string): string | undefined =>
    place(name, value) ??
    (TOKEN.test(name) ? '{csrf}' : isRandom(value) || PRIVATE.test(name) ? undefined : value);
  if (/json/.test(body.type)) return { json: jsonOf(body.text, replaced) };
  if (!/urlencoded/.test(body.type)) return {};
  const fields = [...new URLSearchParams(body.text)].flatMap(([name, value]) => {
    const text = replaced(name, value);
    return text === undefined ? [] : [[name, text]];
  });
  return { form: Object.fromEntries(fields) };
}

function jsonOf(text: string, replaced: (name: string, value: string) => string | undefined): unknown {
  const walk = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return replaced(name, value);
    if (Array.isArray(value)) return value.map(member => walk(member, name));
    if (typeof value !== 'object' || value === null) return PRIVATE.test(name) ? undefined : value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, key)]));
  };
  try {
    return walk(JSON.parse(text), '');
  } catch {
    return {};
  }
}
