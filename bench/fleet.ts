/**
 * `npm run bench:fleet`: compares the bundled stack with the documentation of AWS and nginx, and prints a table.
 * `--profile NAME` measures one load balancer, `--speedup N` divides the documented times (10 by default), `--write`
 * writes the table into docs/fleet.md. Exit codes: 0 as expected, 1 with an unexpected difference, 2 if a row could
 * not be measured.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { PROFILES, type ProfileName } from '../stack/fleet/profile.ts';
import { EXIT } from '../verify/errors.ts';
import { replaced } from '../zoo/docs.ts';
import { conformanceMarkdown, conformanceText, counts, outcomeOf, type Row } from './fleet/row.ts';
import { conformance } from './fleet/run.ts';

const { values } = parseArgs({
  options: {
    profile: { type: 'string' },
    speedup: { type: 'string', default: '10' },
    write: { type: 'boolean', default: false },
  },
});

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

const { profile } = values;
const profiles = PROFILES.filter(name => profile === undefined || name === profile);
if (profiles.length === 0)
  fail(`--profile: expected ${PROFILES.join(', ')}; got ${JSON.stringify(profile)}`, EXIT.usage);
const speedup = Number(values.speedup);
if (!(speedup >= 1 && speedup <= 100))
  fail(`--speedup: expected a number from 1 to 100, got ${JSON.stringify(values.speedup)}`, EXIT.usage);

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());

const rows = await measured(profiles);
const scale =
  speedup === 1
    ? 'Times were not divided.'
    : `All times of the profiles were divided by ${speedup} (--speedup); the table shows them multiplied back.`;
process.stdout.write(`${conformanceText(rows)}\n${counts(rows)}\n${scale}\n`);
if (values.write) {
  const path = new URL('../docs/fleet.md', import.meta.url);
  const flags = process.argv.slice(2).filter(word => word !== '--write');
  const command = ['npm run bench:fleet', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
  const date = new Date().toISOString().slice(0, 10);
  const lines = [
    `Measured ${date} with \`${command}\`: ${counts(rows)}. ${scale}`,
    ...conformanceMarkdown(rows),
  ];
  await writeFile(path, replaced(await readFile(path, 'utf8'), 'measured', lines, 'docs/fleet.md'));
}
const outcomes = rows.map(outcomeOf);
if (outcomes.includes('differs')) process.exitCode = EXIT.violated;
else if (outcomes.includes('unknown')) process.exitCode = EXIT.unknown;

async function measured(profiles: readonly ProfileName[]): Promise<Row[]> {
  try {
    return await conformance({
      profiles,
      speedup,
      signal: abort.signal,
      onScene: (name, scene) => void process.stderr.write(`${name}: ${scene}\n`),
    });
  } catch (error) {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    fail(`the bundled stack did not start: ${(error as Error).message}`, EXIT.unavailable);
  }
}
