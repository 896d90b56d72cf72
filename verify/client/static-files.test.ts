import { expect, it } from 'vitest';
import { staticFiles } from './static-files.ts';

it('finds stylesheets, scripts and images, and no page that a link leads to', () => {
  const page = `<link rel="stylesheet" href="/style.css?v=2"><link rel=canonical href=/login><a href="/a.css">a</a>
    <script async src='/app.js'></script><img alt="" src=logo.svg><img src="/avatar"><link href="/style.css?v=2">`;
  expect(staticFiles(page)).toEqual(['/style.css?v=2', '/app.js', 'logo.svg']);
});

it('decodes HTML entities of addresses', () => {
  expect(staticFiles('<link href="/a.css?v&#x3D;1&amp;w=2">')).toEqual(['/a.css?v=1&w=2']);
});
