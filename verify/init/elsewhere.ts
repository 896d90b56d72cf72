/**
 * Logs in on another host, such as an identity provider: follows the redirects to the host and back, and sends its
 * forms.
 */
import { lastOf, Walk } from '../client/walk.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Starts a login on another host: opens the page of the app that leads there. */
export async function opened(visitor: Visitor, path: string): Promise<Walk> {
  return new Walk(visitor.client, { url: visitor.client.addressOf(path), reply: await visitor.get(path) });
}

/**
 * Logs in once.
 *
 * @param page path of the app's page that leads to the other host
 * @param forms the values for each form, in the order of the forms
 * @param aside if true, another visitor sends one request in between. Behind a round robin, the login then returns to
 *   another instance than it would otherwise
 * @returns `answer`: the response of the app to the return from the other host. If the login does not return,
 *   `returned` is false, and `answer` is the last page
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
