/** Generates the pages of the docs site and its navigation from README and docs/. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The pages of docs/, grouped by what a reader wants to do. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Judge an app': [
    'init',
    'target-file',
    'login-session',
    'login-oidc',
    'login-mail',
    'login-passkey',
    'login-mcp',
    'token-refresh',
    'logins',
    'guarantees',
    'workloads',
    'faults',
    'sticky',
  ],
  'Load it with k6': ['k6'],
  'Gate a pull request or a canary': ['ci', 'compare', 'reports', 'gallery', 'gate'],
  'Run the card store': ['app', 'compose', 'stores', 'fleet', 'balancers', 'kubernetes', 'aws', 'asvs'],
  Reference: ['commands', 'target-keys', 'history', 'library', 'http', 'store-conformance'],
  'How well it works': ['zoo', 'power', 'judge-speed', 'speed', 'mutation', 'architecture'],
};

interface Item {
  text: string;
  link: string;
  collapsed?: boolean;
  items?: Item[];
}

const titleOf = (page: string): string =>
  (/^# (.*)$/m.exec(readFileSync(join(root, page), 'utf8'))?.[1] ?? page).replaceAll('`', '');

const itemOf = (page: string): Item => ({ text: titleOf(page), link: `/${page.slice(0, -'.md'.length)}` });

/** Returns the navigation: every page of docs/ in its group. Throws an error if a page is in no group. */
export function sidebar(): { text: string; items: Item[] }[] {
  const listed = new Set(Object.values(GROUPS).flat());
  const missing = globSync('docs/*.md', { cwd: root }).filter(page => !listed.has(page.slice(5, -3)));
  if (missing.length > 0)
    throw new Error(
      `expected each page of docs/ in GROUPS of scripts/site-pages.ts, but it lacks ${missing.join(', ')}`,
    );
  return Object.entries(GROUPS).map(([text, names]) => ({
    text,
    items: names.map(name => {
      const inside = globSync(`docs/${name}/*.md`, { cwd: root }).sort().map(itemOf);
      const item = itemOf(`docs/${name}.md`);
      return inside.length === 0 ? item : { ...item, collapsed: true, items: inside };
    }),
  }));
}

/** Converts links for the site, where the README is the first page. Links to files that the site lacks become text. */
function linked(text: string): string {
  return text.replaceAll(/(?<!!)\[([^\]]+)\]\(([^)\s]+)\)/g, (whole, label: string, href: string) => {
    if (/^([a-z]+:|#)/.test(href)) return whole;
    const [path = '', anchor] = href.split('#');
    const on = anchor === undefined ? '' : `#${anchor}`;
    if (/^(\.\.\/)*README\.md$/.test(path)) return `[${label}](/${on})`;
    if (/\.schema\.json$/.test(path))
      return `<a href="/docs/${path.replace(/.*\//, '')}" target="_blank">${label}</a>`;
    return /(\.md|^guarantees|^docs\/guarantees)$/.test(path) ? whole : label;
  });
}

/** Returns the Markdown text of each page of the site. Key: path of the page. */
export function sitePages(): Map<string, string> {
  const files = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];
  return new Map(
    files.map(file => [
      file === 'README.md' ? 'index.md' : file,
      linked(readFileSync(join(root, file), 'utf8')),
    ]),
  );
}

/** Returns the files that pages link to and that the site contains unchanged. */
export const siteFiles = (): string[] => globSync('docs/*.schema.json', { cwd: root });
