/** Reads the requests of an API from its OpenAPI document (3.x, or Swagger 2.0), if the app serves one. */
import type { z } from 'zod';
import { type HintedRequest, type Hints, NO_HINTS } from './hints.ts';
import { document, METHODS, type operation, type Schema } from './openapi-document.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT, REGISTER, UNSAFE } from './words.ts';

/**
 * Usual paths of the OpenAPI document: FastAPI, springdoc, Nest, ASP.NET, Fastify, swaggo, flasgger and
 * drf-spectacular.
 */
const PATHS = [
  '/openapi.json',
  '/swagger.json',
  '/v3/api-docs',
  '/api-json',
  '/api/openapi.json',
  '/api/v1/openapi.json',
  '/swagger/v1/swagger.json',
  '/documentation/json',
  '/swagger/doc.json',
  '/apispec_1.json',
  '/api/schema/?format=json',
];
const LINK = /["']([^"'\s<>]*(?:openapi|swagger|api-docs)[^"'\s<>]*?\.json|[^"'\s<>]*\/v3\/api-docs)["']/i;
const MOST = { logins: 4, pages: 24, logouts: 4, writes: 6 };
const USER = /^(user(_?name)?|e?mail(_?address)?|login|identifier|account|name)$/i;
const PASSWORD = /^(password|passwd|pass|pwd|secret|passphrase)$/i;
const ENTERS = /\b(token|auth|sessions?|authenticate)\b/;
/** Matches the paths of pages that usually name the signed-in user. */
const OWN = /(^|\/)(me|whoami|viewer|profile|session|current[-_]?user|user)\/?$/i;
const DEPTH = 8;

type Operation = z.infer<typeof operation>;
type Sent = { kind: 'json' | 'form'; schema: Schema };
interface Described extends Operation {
  method: (typeof METHODS)[number];
  path: string;
  words: string;
}

/**
 * Returns the requests that the app's OpenAPI document describes; undefined if the app serves no such document.
 *
 * @param page a page that may link the document
 */
export async function hintsOfOpenApi(stranger: Visitor, page: PageVisit): Promise<Hints | undefined> {
  const link = LINK.exec(page.body)?.[1];
  const linked = link === undefined ? undefined : stranger.pathOf(link, page.path);
  for (const path of new Set([...(linked === undefined ? [] : [linked]), ...PATHS])) {
    const parsed = document.safeParse((await stranger.open(path)).json);
    if (parsed.success) return new OpenApi(parsed.data).hints();
  }
  return undefined;
}

class OpenApi {
  readonly #document: z.infer<typeof document>;

  constructor(described: z.infer<typeof document>) {
    this.#document = described;
  }

  hints(): Hints {
    const all = this.#operations();
    const fixed = all.filter(({ path }) => !path.includes('{'));
    const isLogin = ({ words }: Described): boolean => LOGIN.test(words) || ENTERS.test(words);
    const isOut = ({ words }: Described): boolean => LOGOUT.test(words);
    const others = fixed.filter(one => !isOut(one) && !REGISTER.test(one.words));
    const sent = others.filter(({ method }) => method === 'post');
    const logins = sent.toSorted((a, b) => Number(isLogin(b)) - Number(isLogin(a)));
    const pages = others.filter(one => one.method === 'get' && !this.#needsMore(one) && !FILE.test(one.path));
    const writes = others.filter(
      one => ['post', 'put', 'patch'].includes(one.method) && !isLogin(one) && !UNSAFE.test(one.words),
    );
    const ends = fixed.filter(
      one => one.method !== 'get' && (isOut(one) || (one.method === 'delete' && ENTERS.test(one.words))),
    );
    return {
      ...NO_HINTS,
      described: 'the OpenAPI document describes',
      logins: logins.flatMap(one => this.#login(one)).slice(0, MOST.logins),
      pages: pages
        .toSorted((a, b) => Number(OWN.test(b.path)) - Number(OWN.test(a.path)))
        .map(({ path }) => path)
        .slice(0, MOST.pages),
      logouts: ends.flatMap(one => this.#logout(one)).slice(0, MOST.logouts),
      writes: writes.flatMap(one => this.#write(one)).slice(0, MOST.writes),
    };
  }

  #operations(): Described[] {
    const { servers, basePath, paths } = this.#document;
    const base = (URL.parse(servers[0]?.url ?? basePath, 'http://app/')?.pathname ?? '').replace(/\/$/, '');
    return Object.entries(paths).flatMap(([path, item]) =>
      METHODS.flatMap((method): Described[] => {
        const found = item[method] as Operation | undefined;
        if (found === undefined) return [];
        const words = `${path} ${found.operationId} ${found.summary ?? ''}`
          .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
          .toLowerCase()
          .replaceAll(/[_{}]/g, ' ');
        return [{ ...found, method, path: base + path, words }];
      }),
    );
  }

  #login(one: Described): HintedRequest[] {
    return this.#bodies(one).flatMap(({ kind, schema: body }) => {
      const all = this.#properties(body);
      const user = [...all].find(([name]) => USER.test(name))?.[0];
      const password = [...all].find(([name]) => PASSWORD.test(name))?.[0];
      if (user === undefined || password === undefined) return [];
      const given = { [user]: '{user}', [password]: '{password}' };
      return this.#request(one, kind, all, given);
    });
  }

  #logout(one: Described): HintedRequest[] {
    const [body] = this.#bodies(one);
    if (body === undefined) return [{ method: methodOf(one), path: one.path }];
    return this.#request(one, body.kind, this.#properties(body.schema), {});
  }

  #write(one: Described): HintedRequest[] {
    return this.#bodies(one).flatMap(({ kind, schema: body }) => {
      const all = this.#properties(body);
      const texts = [...all].filter(([name, { of }]) => isFree(of) && !UNSAFE.test(name.toLowerCase()));
      const [place] = texts.find(([, { required }]) => required) ?? texts[0] ?? [];
      return place === undefined ? [] : this.#request(one, kind, all, { [place]: '{value}' });
    });
  }

  /** Fills the required members of a request. Returns an empty list if init knows no value for a member. */
  #request(
    one: Described,
    kind: Sent['kind'],
    members: Members,
    given: Record<string, string>,
  ): HintedRequest[] {
    const body: Record<string, unknown> = {};
    for (const [name, { required, of }] of members) {
      const value = given[name] ?? (required ? sample(of) : undefined);
      if (value !== undefined) body[name] = value;
      else if (required) return [];
    }
    if (this.#needsMore(one)) return [];
    const request = { method: methodOf(one), path: one.path };
    if (kind === 'json') return [{ ...request, json: body }];
    const form = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
    return [{ ...request, form }];
  }

  #needsMore({ parameters }: Described): boolean {
    return parameters.some(one => {
      const { required, in: place } = this.#resolved(one);
      return required && ['query', 'header', 'path'].includes(place);
    });
  }

  #bodies({ requestBody, parameters }: Described): Sent[] {
    const { content = {} } = requestBody === undefined ? {} : this.#resolved(requestBody);
    const sent = Object.entries(content).flatMap(([type, { schema: body = {} }]): Sent[] => {
      if (/\bjson\b|^\*\/\*$/.test(type)) return [{ kind: 'json', schema: body }];
      return /urlencoded/.test(type) ? [{ kind: 'form', schema: body }] : [];
    });
    // Swagger 2.0 describes request bodies as parameters.
    for (const one of parameters.map(each => this.#resolved(each)))
      if (one.in === 'body' && one.schema !== undefined) sent.push({ kind: 'json', schema: one.schema });
    return sent;
  }

  #properties(of: Schema, depth = 0): Members {
    const { properties = {}, required = [], allOf = [] } = this.#resolved(of);
    const members: Members = new Map();
    if (depth > DEPTH) return members;
    for (const part of allOf) for (const entry of this.#properties(part, depth + 1)) members.set(...entry);
    for (const [name, member] of Object.entries(properties)) {
      const { anyOf, oneOf, ...plain } = this.#resolved(member);
      const [choice = {}] = [...(anyOf ?? []), ...(oneOf ?? [])];
      members.set(name, { required: required.includes(name), of: { ...this.#resolved(choice), ...plain } });
    }
    return members;
  }

  #resolved<T extends { $ref?: string | undefined }>(value: T, depth = 0): T {
    if (value.$ref === undefined || depth > DEPTH) return value;
    const keys = value.$ref.replace(/^#\//, '').split('/');
    const found = keys.reduce<unknown>(
      (inside, key) => (inside as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/')],
      this.#document,
    );
    return found === undefined ? value : this.#resolved(found as T, depth + 1);
  }
}

type Members = Map<string, { required: boolean; of: Schema }>;

const FILE = /\.\w{2,5}$/;

const methodOf = ({ method }: Described): HintedRequest['method'] =>
  (method === 'get' ? 'post' : method).toUpperCase() as HintedRequest['method'];

const isText = ({ type }: Schema): boolean =>
  type === 'string' || (Array.isArray(type) && type[0] === 'string');

const isFree = (of: Schema): boolean =>
  isText(of) &&
  of.format === undefined &&
  of.pattern === undefined &&
  of.enum === undefined &&
  !('const' in of);

/** Returns a valid value of a type; undefined if init knows none. */
function sample(of: Schema): unknown {
  if (of.default !== undefined) return of.default;
  if (of.const !== undefined) return of.const;
  if (of.enum !== undefined) return of.enum[0];
  const literal = /^\^?\(?(?:\?:)?(\w+)\)?\$?$/.exec(of.pattern ?? '')?.[1];
  if (literal !== undefined) return literal;
  switch (Array.isArray(of.type) ? of.type[0] : of.type) {
    case 'string':
      return of.format === 'date' ? '2026-01-01' : of.format === undefined ? 'baton' : undefined;
    case 'integer':
    case 'number':
      return of.minimum ?? 1;
    case 'boolean':
      return false;
    case 'array':
      return [];
  }
  return undefined;
}
