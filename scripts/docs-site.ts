/**
 * `npm run docs` builds the docs site from README and docs/ into site/dist. The first build installs VitePress in
 * site/.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sidebar, siteFiles, sitePages } from './site-pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'site');
const pages = join(site, 'pages');

function makePages(): void {
  rmSync(pages, { recursive: true, force: true });
  mkdirSync(join(pages, 'public/docs'), { recursive: true });
  for (const [page, text] of sitePages()) {
    mkdirSync(dirname(join(pages, page)), { recursive: true });
    writeFileSync(join(pages, page), text);
  }
  cpSync(join(root, 'docs/gallery'), join(pages, 'docs/gallery'), { recursive: true });
  for (const file of siteFiles()) copyFileSync(join(root, file), join(pages, 'public', file));
  writeFileSync(join(pages, 'sidebar.json'), JSON.stringify(sidebar()));
}

function run(command: string, ...args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: site, stdio: 'inherit' });
  if (status === 0) return;
  throw new Error(
    `expected \`${[command, ...args].join(' ')}\` in site/ to succeed, got exit code ${status}; see above`,
  );
}

makePages();
if (!existsSync(join(site, 'node_modules/vitepress'))) run('npm', 'ci', '--no-audit', '--no-fund');
run(process.execPath, 'node_modules/vitepress/bin/vitepress.js', 'build', '.');
console.error(`docs site: ${join(site, 'dist')}`);
