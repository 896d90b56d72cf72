/** Decides whether init and the target file read queries of GraphQL by GET or by POST. */
import { z } from 'zod';

export interface Read {
  path: string;
  json?: { query: string };
}

/**
 * Returns the request that reads a page: a POST if the page is a query of an API that does not accept queries by GET.
 *
 * @param byPost paths of these APIs
 */
export function readOf(page: string, byPost: ReadonlySet<string>): Read {
  const [path = '', ...search] = page.split('?');
  const query = new URLSearchParams(search.join('?')).get('query');
  return query !== null && byPost.has(path) ? { path, json: { query } } : { path: page };
}

/**
 * Returns the paths of the APIs among the pages that do not accept queries by GET, as Apollo Server without a header
 * of its own.
 */
export async function readByPost(
  stranger: { get(path: string): Promise<{ json: unknown }> },
  pages: readonly string[],
): Promise<Set<string>> {
  const queries = pages.filter(page => /\?query=(%7B|query)/i.test(page));
  const byPost = new Set<string>();
  for (const path of new Set(queries.map(page => page.split('?')[0] as string))) {
    const { json } = await stranger.get(`${path}?query=${encodeURIComponent('{__typename}')}`);
    if (!answered.safeParse(json).success) byPost.add(path);
  }
  return byPost;
}

const answered = z.object({ data: z.object({ __typename: z.string() }) });
