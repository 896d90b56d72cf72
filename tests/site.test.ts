import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sidebar, siteFiles, sitePages } from '../scripts/site-pages.ts';

const pages = sitePages();
const LINK = /(?<!!)\[[^\]]+\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)|href="([^"#]+)"/g;

describe('the docs site', () => {
  it('has each page of docs/ in its navigation once', () => {
    const items = sidebar().flatMap(group => group.items.flatMap(item => [item, ...(item.items ?? [])]));
    const linked = items.map(({ link }) => `${link.slice(1)}.md`).sort();
    expect(linked).toEqual([...pages.keys()].filter(page => page.startsWith('docs/')).sort());
    expect(items.map(({ text }) => text)).toContain('The target file');
  });

  it.each([...pages])('%s links only to pages and files of the site', (page, text) => {
    const code = /```[\s\S]*?```|`[^`\n]*`/g;
    for (const [, relative, address] of text.replaceAll(code, '').matchAll(LINK)) {
      const to = address ?? relative ?? '';
      if (to.startsWith('http') || to === '/') continue;
      const path = to.startsWith('/') ? to.slice(1) : posix.join(posix.dirname(page), to);
      const found = [path, `${path}.md`, `${path.replace(/\/$/, '')}.md`].some(
        name => pages.has(name) || siteFiles().includes(name),
      );
      expect(found, to).toBe(true);
    }
  });
});
