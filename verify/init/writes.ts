/** Fills in the request of a write. Finds the page that shows the written value, from the redirect after the write. */
import type { Send } from '../client/send.ts';
import { filled, filledJson } from '../core/response/form.ts';
import type { HintedRequest } from './hints.ts';

/**
 * Returns the common address of two redirects without the query parameters that differ, such as the number of a new
 * item. Returns an empty list if the paths differ, or if the queries are equal.
 */
export function commonOf(leads: readonly string[]): string[] {
  const [first, second] = leads.map(lead => new URL(lead, 'http://app'));
  if (first === undefined || second === undefined || first.pathname !== second.pathname) return [];
  const kept = [...first.searchParams].filter(([name, value]) =>
    second.searchParams.getAll(name).includes(value),
  );
  const query = new URLSearchParams(kept).toString();
  return first.search === second.search ? [] : [first.pathname + (query === '' ? '' : `?${query}`)];
}

export function filledWith(
  { method = 'POST', path, form, json }: Partial<HintedRequest> & { path: string },
  headers: Record<string, string> | undefined,
  values: Record<string, string>,
): Send {
  return {
    method,
    path,
    ...(form === undefined ? {} : { form: filled(form, values) }),
    ...(json === undefined ? {} : { json: filledJson(json, values) }),
    headers: filled(headers ?? {}, values),
  };
}
