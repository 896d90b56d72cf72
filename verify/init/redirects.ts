/** Finds the page that shows written values, from the redirects of the writes. */

/**
 * Returns the address of two redirects without the parts of the query that differ, such as a message with the number of
 * the new item.
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
