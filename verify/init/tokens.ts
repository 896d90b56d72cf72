/** Finds CSRF tokens in pages, and reads their values. */
import { decodeHTML } from 'entities';
import type { Form, FormField } from '../client/page.ts';
import { escaped, finder } from '../core/response/finding.ts';
import type { Token } from './login.ts';
import { pointersOf } from './pointers.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Names of form fields that may hold a CSRF token. */
export const TOKEN = /csrf|xsrf|token|authenticity|nonce|verification/i;

/** Names of form fields that almost certainly hold a CSRF token. */
export const TOKEN_FIELD = /csrf|xsrf|authenticity|verification|^_token$/i;

/** Returns the meta tag or cookie with a token for scripts, and the header in which scripts send the token. */
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

/** Skips meta tags that name the token's field or header: `csrf-param` of Rails and `_csrf_header` of Spring. */
const tokenMetas = ({ metas }: PageVisit): string[] =>
  [...metas.keys()].filter(name => /csrf|xsrf/i.test(name) && !/(param|parameter|header|name)$/i.test(name));

function inJson({ json }: PageVisit): Token | undefined {
  const found = pointersOf(json).find(({ pointer }) => /(csrf|xsrf)[^/]*$/i.test(pointer));
  return found === undefined ? undefined : { json: found.pointer };
}

function inScript({ body }: PageVisit): Token | undefined {
  const script =
    /<script\b[^>]*>(?:(?!<\/script).)*?\b(\w*(?:csrf|xsrf)\w*["']?\s*[:=]\s*["'])[\w+/=.-]{8,}["']/is;
  const [, before] = script.exec(body) ?? [];
  return before === undefined ? undefined : `\\b${escaped(before).replaceAll(/\s+/g, '\\s*')}([^"']+)`;
}

/** Returns the current CSRF token of a page. */
export function tokenIn(visitor: Visitor, page: PageVisit, csrf: Token | undefined): string | undefined {
  if (csrf === undefined) return undefined;
  if (typeof csrf === 'string' || 'json' in csrf) return finder(csrf, decodeHTML).first(page);
  if ('meta' in csrf) return page.metas.get(csrf.meta);
  if ('field' in csrf) return fieldOf(page, csrf.field);
  const value = visitor.client.cookies(page.path).find(({ name }) => name === csrf.cookie)?.value;
  return value === undefined ? undefined : decodeURIComponent(value);
}

export const tokenOf = (visitor: Visitor, page: PageVisit, csrf: Token | undefined): string =>
  tokenIn(visitor, page, csrf) ?? '';

export const fieldOf = ({ forms }: PageVisit, name: string): string | undefined =>
  forms.flatMap(({ fields }) => fields).find(field => field.name === name)?.value;

/**
 * Returns whether this form field holds the CSRF token. If `csrf` is not a form field, returns true for the first field
 * with a usual name for a token.
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

/** Returns where a CSRF token is, as words such as `field csrf`. */
export const placeOf = (csrf: Token): string =>
  typeof csrf === 'string' ? `the text ${csrf}` : (Object.entries(csrf)[0]?.join(' ') ?? '');

export const fieldIn = (csrf: Token | undefined): string | undefined =>
  typeof csrf === 'object' && 'field' in csrf ? csrf.field : undefined;

/** Returns the first hidden field with a usual name for a CSRF token. */
export function fieldToken(pages: readonly PageVisit[]): Token | undefined {
  const fields = pages.flatMap(({ forms }) => forms.flatMap(form => form.fields));
  const token = fields.find(({ type, name }) => type === 'hidden' && TOKEN_FIELD.test(name));
  return token === undefined ? undefined : { field: token.name };
}

/**
 * Returns the names of hidden fields whose values differ between two visitors of a page. Searches all forms of the
 * page, because forms may share a field name.
 */
export function differentFields(form: Form, { forms }: Pick<PageVisit, 'forms'>): Set<string> {
  const there = forms.flatMap(({ fields }) => fields);
  const isThere = ({ name, value }: FormField): boolean =>
    there.some(other => other.name === name && other.value === value);
  const different = form.fields.filter(field => field.type === 'hidden' && !isThere(field));
  return new Set(different.map(({ name }) => name));
}

/** Minimum length of a token in a field without a usual name, characters. */
export const LEAST_TOKEN = 10;

/**
 * Returns the hidden field that holds the CSRF token although its name is unusual: its values differ in two sessions of
 * a user. Prefers a field with `token` in its name.
 *
 * @param views `first`: a page in two sessions of one user
 */
export function changingToken(views: readonly { first: readonly PageVisit[] }[]): Token | undefined {
  const fields = views.flatMap(({ first: [seen, again] }) =>
    (seen?.forms ?? []).flatMap(form => {
      const different = again === undefined ? new Set() : differentFields(form, again);
      return form.fields.filter(
        ({ name, value }) =>
          different.has(name) &&
          value.length >= LEAST_TOKEN &&
          fieldOf(again as PageVisit, name) !== undefined,
      );
    }),
  );
  const found =
    fields.find(({ name }) => TOKEN.test(name)) ?? fields.find(({ value }) => /^\S+$/.test(value));
  return found === undefined ? undefined : { field: found.name };
}

/**
 * Returns the meta tag whose token is valid for all forms, if each form also has its own token. Baton reads a form
 * field only from the first form of a page, and this form's token is not valid for other forms.
 *
 * @param csrf the token found so far
 * @param pages pages of a signed-in user, and the login page
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
