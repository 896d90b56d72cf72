/** Configures the docs site: it shows the pages that scripts/docs-site.ts writes to pages/, and has a search. */
import { readFileSync } from 'node:fs';
import { type DefaultTheme, defineConfig } from 'vitepress';

const sidebar: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(new URL('../pages/sidebar.json', import.meta.url), 'utf8'),
);

export default defineConfig({
  title: 'Baton',
  description: 'Proves that web sessions survive the load balancer',
  lang: 'en',
  srcDir: 'pages',
  outDir: 'dist',
  cleanUrls: true,
  // Does not check links to localhost, because they lead to the app that the reader starts.
  ignoreDeadLinks: 'localhostLinks',
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guarantees', link: '/docs/guarantees' },
      { text: 'Commands', link: '/docs/commands' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar,
  },
});
