/** Checks the GitHub workflows of this repository and of docs/ci.md without running them. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { used } from './used.ts';

const ROOT = join(import.meta.dirname, '..');
const GO_BIN = process.env['GOBIN'] ?? join(homedir(), 'go/bin');
const env = { ...process.env, PATH: `${process.env['PATH']}${delimiter}${GO_BIN}` };
/** Optional program, without which the test is skipped. */
const LINTER = 'actionlint';
const linted = spawnSync(LINTER, ['-version'], { env }).status === 0;
used('workflows', linted ? `linted by ${LINTER}` : `NOT TESTED: no ${LINTER} on this machine`);

const workflows: [name: string, text: string][] = [
  ...globSync('.github/workflows/*.yml', { cwd: ROOT }).map((file): [string, string] => [
    file,
    readFileSync(join(ROOT, file), 'utf8'),
  ]),
  ...[...readFileSync(join(ROOT, 'docs/ci.md'), 'utf8').matchAll(/^```yaml\n(name:.*?)^```/gms)].map(
    ([, text = ''], index): [string, string] => [`docs/ci.md, workflow ${index + 1}`, text],
  ),
];

describe.each(workflows)('%s', (name, text) => {
  test('pins each action by its full commit, with the version beside it', () => {
    const uses = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(match => match[1]);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses)
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$|^\.\/[\w.-]*$/);
  });

  test('has only read permission except to publish a release and to propose images, and a timeout for each job', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(text).not.toMatch(/^ {2}\S+: write$/m);
    if (!/(release|images)\.yml$/.test(name)) expect(text).not.toMatch(/: write$/m);
    expect([...text.matchAll(/timeout-minutes:/g)]).toHaveLength([...text.matchAll(/runs-on:/g)].length);
  });

  test.skipIf(!linted)('actionlint reports nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-workflow-'));
    const file = join(folder, 'workflow.yml');
    writeFileSync(file, text);
    const { stdout, stderr, status } = spawnSync(LINTER, [file], { env, encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });
});
