import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestRelease } from '../scripts/release.ts';

const ROOT = join(import.meta.dirname, '..');
const changelog = (...parts: string[]): string => ['# Changelog\n', ...parts].join('\n');
const UNRELEASED = '## Unreleased\n\n### Added\n\n- not yet\n';
const SECOND = '## 0.2.0 - 2026-12-31\n\n### Added\n\n- second\n';
const FIRST = '## 0.1.0 - 2026-11-01\n\n- first\n';

test('releaseIn returns the newest release with its notes, without the unreleased changes', () => {
  expect(newestRelease(changelog(UNRELEASED, SECOND, FIRST), '0.2.0')).toEqual({
    version: '0.2.0',
    notes: '### Added\n\n- second',
  });
});

test('releaseIn returns nothing if the changelog has no release', () => {
  expect(newestRelease(changelog(UNRELEASED), '0.1.0')).toBeUndefined();
});

test('releaseIn rejects a version that differs from package.json, a malformed heading, and a release without notes', () => {
  expect(() => newestRelease(changelog(SECOND), '0.3.0')).toThrow(
    'got 0.2.0 in CHANGELOG.md and 0.3.0 in package.json',
  );
  expect(() => newestRelease(changelog('## 0.2.0\n\n- text\n'), '0.2.0')).toThrow('got "## 0.2.0"');
  expect(() => newestRelease(changelog('## 0.2.0 - 2026-12-31\n'), '0.2.0')).toThrow('expected notes');
});

test('releaseIn reads the changelog of this repository', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(() => newestRelease(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version)).not.toThrow();
});
