import { expect, it } from 'vitest';
import { parsePage } from '../client/page.ts';
import { formPages } from './try-probe.ts';
import type { PageVisit, Visitor } from './visitor.ts';

it('opens no link of a page that ends the session, logs in or deletes', async () => {
  const links = ['/bye">Abmelden', '/off">Leave', '/enter">Log in', '/purge">Delete all', '/notes">Notes'];
  const page = (path: string) =>
    ({ path, status: 200, ...parsePage(links.map(link => `<a href="${link}</a>`).join('')) }) as PageVisit;
  const visitor = {
    twin: () => visitor,
    pathOf: (href: string) => href,
    get: async (path: string) => page(path),
  };
  const logout = { method: 'GET' as const, path: '/off' };
  const left = { logout, livesOn: false };
  const opened = await formPages(visitor as unknown as Visitor, page('/'), () => true, left);
  expect(opened.map(({ path }) => path)).toEqual(['/', '/notes']);
});
