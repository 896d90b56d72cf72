/** Form tokens: where a page carries them, and what they are worth now. */
import type { Token } from './login.ts';
import type { Seen, Visitor } from './visitor.ts';

/** Fields that hold a form token, by name. */
export const TOKEN = /csrf|xsrf|token|authenticity|nonce|verification/i;

/** One that can hardly be anything else. */
const TOKEN_FIELD = /csrf|xsrf|authenticity|verification|^_token$/i;

/** A token that scripts send: in a meta tag or a cookie, as a header that has its name. */
export function besideToken(
  visitor: Visitor,
  page: Seen,
): { csrf?: Token; headers?: Record<string, string> } {
  const meta = [...page.metas.keys()].find(name => /csrf|xsrf/i.test(name));
  if (meta !== undefined) return { csrf: { meta }, headers: { 'X-CSRF-Token': '{csrf}' } };
  const cookie = visitor.client.cookies(page.path).find(({ name }) => /csrf|xsrf/i.test(name))?.name;
  if (cookie === undefined) return {};
  const header =
    cookie === 'csrftoken' ? 'X-CSRFToken' : /xsrf/i.test(cookie) ? 'X-XSRF-TOKEN' : 'X-CSRF-Token';
  return { csrf: { cookie }, headers: { [header]: '{csrf}' } };
}

/** @returns the token that a page carries for what is sent next; undefined when it has none */
export function tokenIn(visitor: Visitor, page: Seen, csrf: Token | undefined): string | undefined {
  if (csrf === undefined) return undefined;
  if ('meta' in csrf) return page.metas.get(csrf.meta);
  if ('field' in csrf) return fieldOf(page, csrf.field);
  const value = visitor.client.cookies(page.path).find(({ name }) => name === csrf.cookie)?.value;
  return value === undefined ? undefined : decodeURIComponent(value);
}

/** The same; empty when there is none. */
export const tokenOf = (visitor: Visitor, page: Seen, csrf: Token | undefined): string =>
  tokenIn(visitor, page, csrf) ?? '';

/** @returns what the first field of a name holds */
export const fieldOf = ({ forms }: Seen, name: string): string | undefined =>
  forms.flatMap(({ fields }) => fields).find(field => field.name === name)?.value;

/** @returns whether a field of a form holds the token; where it stands elsewhere for all forms, a field of its kind does */
export function isTokenField(
  name: string,
  fields: readonly { name: string }[],
  csrf: Token | undefined,
): boolean {
  if (csrf === undefined) return false;
  if ('field' in csrf) return csrf.field === name;
  return fields.find(field => TOKEN_FIELD.test(field.name))?.name === name;
}

/** A form token that only pages inside have. */
export function fieldToken(pages: readonly Seen[]): Token | undefined {
  const fields = pages.flatMap(({ forms }) => forms.flatMap(form => form.fields));
  const token = fields.find(({ type, name }) => type === 'hidden' && TOKEN_FIELD.test(name));
  return token === undefined ? undefined : { field: token.name };
}

/**
 * A token that each form has for itself is found by its name in the first form only; the meta tag holds one for all.
 *
 * @param csrf a field
 * @param pages inside, and the login page
 * @returns the meta tag, where all pages have one and some form has another value than that
 */
export function forAllForms(csrf: Token | undefined, pages: readonly Seen[]): Token | undefined {
  if (csrf === undefined || !('field' in csrf)) return undefined;
  const names = [...(pages[0]?.metas.keys() ?? [])].filter(name => /csrf|xsrf/i.test(name));
  const meta = names.find(name => pages.every(({ metas }) => metas.has(name)));
  if (meta === undefined) return undefined;
  const differ = pages.some(
    page => (fieldOf(page, csrf.field) ?? page.metas.get(meta)) !== page.metas.get(meta),
  );
  return differ ? { meta } : undefined;
}
