/** Logs in on another host, such as an identity provider. */
import { lastOf, Walk } from '../client/walk.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Opens the page of the app that starts a login on another host. */
export async function opened(visitor: Visitor, path: string): Promise<Walk> {
  return new Walk(visitor.client, { url: visitor.client.addressOf(path), reply: await visitor.get(path) });
}

/**
 * Logs in on another host. If the login does not return to the app, `returned` is false.
 *
 * @param page path of the app's page that leads to the host
 * @param forms values for each form, in order
 * @param aside if true, a second visitor sends a request after the first page, so that a round robin changes the
 * instance
 */
export async function enterElsewhere(
  visitor: Visitor,
  page: string,
  forms: readonly Record<string, string>[],
  aside: boolean,
): Promise<{ answer: PageVisit; returned: boolean }> {
  const walk = await opened(visitor, page);
  if (aside) await visitor.manners.fresh().get(page);
  const last = await lastOf(walk, forms, step => visitor.send(step));
  if (last === undefined) return { answer: walk.page.reply as PageVisit, returned: false };
  return { answer: await visitor.send(last), returned: true };
}
