import { expect, it } from 'vitest';
import { parsePage } from './page.ts';

it('resolves links and actions of forms against the base of the page', () => {
  const page = (base: string) =>
    parsePage(
      `${base}<a href="items?page=2"></a><a href="/top"></a><a href="#part"></a>` +
        '<form action="login" method="post"></form><form action=""></form>',
    );
  const addresses = (base: string) => {
    const { links, forms } = page(base);
    return [...links.map(({ href }) => href), ...forms.map(({ action }) => action)];
  };
  expect(addresses('')).toEqual(['items?page=2', '/top', '#part', 'login', '']);
  expect(addresses('<base href="/app/">')).toEqual(['/app/items?page=2', '/top', '#part', '/app/login', '']);
  expect(addresses('<base target="_top"><base href="http://host.test/app/">')).toEqual([
    'http://host.test/app/items?page=2',
    'http://host.test/top',
    '#part',
    'http://host.test/app/login',
    '',
  ]);
});
