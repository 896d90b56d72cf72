import { expect, it } from 'vitest';
import { parsePage } from '../client/page.ts';
import { folderOf, offered } from './probe.ts';
import { formPages } from './try-probe.ts';
import type { PageVisit, Visitor } from './visitor.ts';

it('opens no link of a page that ends the session, logs in or deletes', async () => {
  const links = [
    '/bye">Abmelden',
    '/off">Leave',
    '/quit">Exit',
    '/enter">Log in',
    '/purge">Delete all',
    '/notes">Notes',
    '/report.pdf">Report',
    '/about">Version 1.25',
  ];
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
  expect(opened.map(({ path }) => path)).toEqual(['/', '/notes', '/about']);
});

it('offers a harmless form of an app whose folder has a word such as admin', () => {
  const form = (action: string) =>
    `<form method="post" action="${action}"><input name="text"><button>Add</button></form>`;
  const page = {
    path: '/admin/notes/',
    status: 200,
    ...parsePage(form('/admin/notes/add') + form('/admin/roles')),
  };
  const visitor = { pathOf: (href: string) => href } as unknown as Visitor;
  const paths = (folder: string) =>
    offered(visitor, [page as PageVisit], undefined, folder).candidates.map(({ request }) => request.path);
  expect(folderOf(['/admin/login', '/admin/', '/admin/notes/'])).toBe('/admin/');
  expect(folderOf(['/login', '/admin/notes'])).toBe('/');
  expect([paths('/admin/'), paths('/')]).toEqual([['/admin/notes/add'], []]);
});
