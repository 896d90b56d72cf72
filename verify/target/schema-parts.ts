/** Schemas that several parts of a target file share. */
import { z } from 'zod';

/** Parses a duration such as 30m, 12h, 90s or 500ms, and returns milliseconds. */
export const time = z.string().transform((text, context) => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const value = Number(number) * { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[unit as 'ms'];
  if (value > 0) return value;
  context.addIssue(`expected a time such as 30m, 12h or 90s, got ${JSON.stringify(text)}`);
  return z.NEVER;
});

export const name = z.string().min(1, 'expected a name, got an empty text');

export const path = z.string().startsWith('/', 'expected a path that begins with /');

function webAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === ''
    ? url
    : undefined;
}

/** Scheme and host, such as https://login.example.test. Errors omit the rest of the address, which may be secret. */
export const origin = z.string().transform((text, context) => {
  const url = webAddress(text);
  if (url !== undefined && url.pathname + url.search === '/') return url.origin;
  const host = /^https?:/.test(text) ? URL.parse(text)?.origin : undefined;
  const came = host === undefined ? JSON.stringify(text) : `more than that: write "${host}"`;
  context.addIssue(
    `expected a scheme and a host, such as https://login.example.test, without user and path, got ${came}`,
  );
  return z.NEVER;
});

/** A path on the target's host, or an address on another host. Errors omit the address, which may be secret. */
export const place = z
  .string()
  .regex(/^(\/|https?:\/\/)/, 'expected a path that begins with /')
  .refine(
    text => !/^https?:/.test(text) || webAddress(text) !== undefined,
    'expected a path, or an address without user name and password, such as https://login.example.test/logout, got another address',
  );

/** Destination of a redirect: a path, or an address on another host. */
export const destination = z
  .string()
  .regex(
    /^(\/|https?:\/\/[^/?#]+\/)/,
    'expected a path that begins with /, or an address such as https://sso.example.test/login',
  );

/** A regular expression whose first group matches the text to find. */
export const regex = z.string().transform((source, context) => {
  try {
    const groups = new RegExp(`${source}|`).exec('')?.length ?? 1;
    if (groups < 2) {
      context.addIssue('expected a regular expression with a group, such as data-user="([^"]*)"');
      return z.NEVER;
    }
    return source;
  } catch (error) {
    context.addIssue(`expected a regular expression: ${(error as Error).message}`);
    return z.NEVER;
  }
});

export const pattern = z.string().transform((source, context) => {
  try {
    new RegExp(source);
    return source;
  } catch (error) {
    context.addIssue(`expected a regular expression: ${(error as Error).message}`);
    return z.NEVER;
  }
});

/** A JSON pointer, in which `*` stands for all members of an array or object. */
export const json = z.strictObject({
  json: z.string().regex(/^\//, 'expected a JSON pointer that begins with /, such as /user/name'),
});
export const header = z.strictObject({ header: name });

/** `shown`: how to find a text on a page. `token`: how to find a token in a response. */
export const shown = z.union([regex, json, header], {
  error: 'expected a regular expression with a group, { json: /pointer } or { header: name }',
});
export const token = z.union(
  [
    regex,
    json,
    header,
    z.strictObject({ cookie: name }),
    z.strictObject({ meta: name }),
    z.strictObject({ field: name }),
  ],
  {
    error:
      'expected a regular expression with a group, { field: name }, { meta: name }, { cookie: name }, ' +
      '{ header: name } or { json: /pointer }',
  },
);

/** Parses a share such as 99.9 % or 100%, and returns a number from 0 to 1. */
export const share = z.string().transform((text, context) => {
  const [, number] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  const value = Number(number) / 100;
  if (value <= 1) return value;
  context.addIssue(`expected a share such as 99.9%, got ${JSON.stringify(text)}`);
  return z.NEVER;
});
