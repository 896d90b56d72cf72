/** Finds CSRF tokens in pages, and reads their current values. */
import { decodeHTML } from 'entities';
import { escaped, finder } from '../core/response/finding.ts';
import type { Token } from './login.ts';
import { pointersOf } from './pointers.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Matches names of form fields that may hold a CSRF token. */
export const TOKEN = /csrf|xsrf|token|authenticity|nonce|verification/i;

/** Matches names of form fields that almost certainly hold a CSRF token. */
export const TOKEN_FIELD = /csrf|xsrf|authenticity|verification|^_token$/i;

/** Returns where pages have a token for scripts (meta tag or cookie), and the header in which scripts send it. */
export function besideToken(
  visitor: Visitor,
  page: PageVisit,
): { csrf?: Token; headers?: Record<string, string> } {
  const [meta] = tokenMetas(page);
  if (meta !== undefined) return { csrf: { meta }, headers: { 'X-CSRF-Token': '{csrf}' } };
  const written = inJson(page) ?? inScript(page);
  if (written !== undefined) return { csrf: written, headers: { 'X-CSRF-Token': '{csrf}' } };
  const cookie = visitor.client.cookies(page.path).find(({ name }) => /csrf|xsrf/i.test(name))?.name;
  if (cookie === undefined) return {};
  const header =
    cookie === 'csrftoken' ? 'X-CSRFToken' : /xsrf/i.test(cookie) ? 'X-XSRF-TOKEN' : 'X-CSRF-Token';
  return { csrf: { cookie }, headers: { [header]: '{csrf}' } };
}

/**
 * Returns the names of the meta tags that may hold a CSRF token. Skips tags that name the field or the header of the
 * token, such as `csrf-param` of Rails and `_csrf_header` of Spring.
 */
const tokenMetas = ({ metas }: PageVisit): string[] =>
  [...metas.keys()].filter(name => /csrf|xsrf/i.test(name) && !/(param|parameter|header|name)$/i.test(name));

/** Returns the member of a JSON response whose name is usual for a CSRF token. */
function inJson({ json }: PageVisit): Token | undefined {
  const found = pointersOf(json).find(({ pointer }) => /(csrf|xsrf)[^/]*$/i.test(pointer));
  return found === undefined ? undefined : { json: found.pointer };
}

/** Returns an expression for a CSRF token in a script or in inline JSON: a name, `=` or `:`, and a text in quotes. */
function inScript({ body }: PageVisit): Token | undefined {
  const script =
    /<script\b[^>]*>(?:(?!<\/script).)*?\b(\w*(?:csrf|xsrf)\w*["']?\s*[:=]\s*["'])[\w+/=.-]{8,}["']/is;
  const [, before] = script.exec(body) ?? [];
  return before === undefined ? undefined : `\\b${escaped(before).replaceAll(/\s+/g, '\\s*')}([^"']+)`;
}

/** Returns the current CSRF token of a page, for the next request; undefined if the page has none. */
export function tokenIn(visitor: Visitor, page: PageVisit, csrf: Token | undefined): string | undefined {
  if (csrf === undefined) return undefined;
  if (typeof csrf === 'string' || 'json' in csrf) return finder(csrf, decodeHTML).first(page);
  if ('meta' in csrf) return page.metas.get(csrf.meta);
  if ('field' in csrf) return fieldOf(page, csrf.field);
  const value = visitor.client.cookies(page.path).find(({ name }) => name === csrf.cookie)?.value;
  return value === undefined ? undefined : decodeURIComponent(value);
}

/** Returns the current CSRF token of a page; an empty text if the page has none. */
export const tokenOf = (visitor: Visitor, page: PageVisit, csrf: Token | undefined): string =>
  tokenIn(visitor, page, csrf) ?? '';

/** Returns the value of the first field that has this name in any of the forms. */
export const fieldOf = ({ forms }: PageVisit, name: string): string | undefined =>
  forms.flatMap(({ fields }) => fields).find(field => field.name === name)?.value;

/**
 * Returns whether this form field holds the CSRF token. If the token comes from a meta tag or a cookie, this is the
 * first field of the form with a usual name for such a token.
 */
export function isTokenField(
  name: string,
  fields: readonly { name: string }[],
  csrf: Token | undefined,
): boolean {
  if (csrf === undefined) return false;
  if (fieldIn(csrf) !== undefined) return fieldIn(csrf) === name;
  return fields.find(field => TOKEN_FIELD.test(field.name))?.name === name;
}

/** Describes in words where the CSRF token is, such as `field csrf`. */
export const placeOf = (csrf: Token): string =>
  typeof csrf === 'string' ? `the text ${csrf}` : (Object.entries(csrf)[0]?.join(' ') ?? '');

/** Returns the name of the field that holds the token; undefined if the token is not in a field. */
export const fieldIn = (csrf: Token | undefined): string | undefined =>
  typeof csrf === 'object' && 'field' in csrf ? csrf.field : undefined;

/** Returns the first hidden field of these pages that has a usual name for a CSRF token. */
export function fieldToken(pages: readonly PageVisit[]): Token | undefined {
  const fields = pages.flatMap(({ forms }) => forms.flatMap(form => form.fields));
  const token = fields.find(({ type, name }) => type === 'hidden' && TOKEN_FIELD.test(name));
  return token === undefined ? undefined : { field: token.name };
}

/**
 * Returns the meta tag with a token that is valid for all forms, if each form has a different token. Baton reads a
 * token in a field only from the first form with this field, and this token would be wrong for the other forms.
 *
 * @param csrf the token that was found so far
 * @param pages pages of a signed-in user, and the login page
 * @returns undefined if a page lacks the meta tag, or if the meta tag and the field have the same value on all pages
 */
export function forAllForms(csrf: Token | undefined, pages: readonly PageVisit[]): Token | undefined {
  const field = fieldIn(csrf);
  if (field === undefined) return undefined;
  const names = pages[0] === undefined ? [] : tokenMetas(pages[0]);
  const meta = names.find(name => pages.every(({ metas }) => metas.has(name)));
  if (meta === undefined) return undefined;
  const differ = pages.some(page => (fieldOf(page, field) ?? page.metas.get(meta)) !== page.metas.get(meta));
  return differ ? { meta } : undefined;
}
