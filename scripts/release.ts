/**
 * `node scripts/release.ts` prints the newest release in CHANGELOG.md for GITHUB_OUTPUT. The GitHub workflow
 * `release` publishes this version if it has no git tag yet.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Release {
  /** Version without a leading v, such as 1.2.3. */
  version: string;
  /** Notes of the release, in Markdown. */
  notes: string;
}

/**
 * Returns the newest release, from the first heading like `## 1.2.3 - 2026-12-31`; undefined if there is none.
 * @param packaged version in package.json
 * @throws Error if the two versions differ, or if the release has no notes
 */
export function newestRelease(changelog: string, packaged: string): Release | undefined {
  const parts = changelog.split(/^## /m).slice(1);
  const newest = parts.find(part => /^\d/.test(part));
  if (newest === undefined) return undefined;
  const [heading = ''] = newest.split('\n', 1);
  const version = /^(\d+\.\d+\.\d+(?:-[\w.]+)?) - \d{4}-\d{2}-\d{2}$/.exec(heading)?.[1];
  if (version === undefined)
    throw new Error(`CHANGELOG.md: expected a heading such as "## 1.2.3 - 2026-12-31", got "## ${heading}"`);
  if (version !== packaged)
    throw new Error(
      `expected one version, got ${version} in CHANGELOG.md and ${packaged} in package.json: make them equal`,
    );
  const notes = newest.slice(heading.length).trim();
  if (notes === '') throw new Error(`CHANGELOG.md: expected notes below "## ${heading}", got none`);
  return { version, notes };
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const release = newestRelease(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
  // The notes contain no line that begins with ##, so the line `## end` can mark their end.
  if (release) console.log(`version=${release.version}\nnotes<<## end\n${release.notes}\n## end`);
}
