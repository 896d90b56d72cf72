/**
 * `npm run bench:power`: changes apps at random, and counts the defects that Baton finds at default settings, and the
 * healthy variants that Baton wrongly reports. `--write` writes the tables of docs/power.md. `--tally FILE` stores a
 * line for each trial, and continues an interrupted measurement.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { replaced } from '../zoo/docs.ts';
import { describeDraw } from './power/describe.ts';
import { type DrawnKind, drawOf } from './power/draw.ts';
import { report } from './power/report.ts';
import { outcome, type TrialRecord, tryDraw } from './power/trial.ts';

const { values } = parseArgs({
  options: {
    defects: { type: 'string', default: '300' },
    healthy: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    tally: { type: 'string' },
    out: { type: 'string', default: 'runs' },
    write: { type: 'boolean', default: false },
  },
});

function whole(option: 'defects' | 'healthy' | 'seed'): number {
  const number = Number(values[option]);
  if (Number.isInteger(number) && number >= 0) return number;
  process.stderr.write(
    `--${option}: expected a whole number from 0, got ${JSON.stringify(values[option])}\n`,
  );
  process.exit(64);
}

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());

const wanted: Readonly<Record<DrawnKind, number>> = { defect: whole('defects'), healthy: whole('healthy') };
const first = whole('seed');
const { tally } = values;
const stored =
  tally === undefined
    ? ''
    : await readFile(tally, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
const done: TrialRecord[] = stored
  .split('\n')
  .filter(line => line !== '')
  .map(line => outcome.parse(JSON.parse(line)));

for (const kind of ['defect', 'healthy'] as const) {
  for (let seed = first; seed < first + wanted[kind]; seed++) {
    if (abort.signal.aborted) process.exit(130);
    if (done.some(one => one.kind === kind && one.seed === seed)) continue;
    const draw = drawOf(kind, seed);
    process.stderr.write(`${kind} ${seed}: ${describeDraw(draw)}\n`);
    try {
      const tried = await tryDraw(draw, values.out, abort.signal);
      if (abort.signal.aborted) process.exit(130);
      done.push(tried);
      if (tally !== undefined) await appendFile(tally, `${JSON.stringify(tried)}\n`);
      process.stderr.write(
        `  ${tried.noticeable ? `noticeable, ${tried.harms} wrong effects in the run` : 'not noticeable'}; ` +
          `violated: ${tried.violated.join(', ') || 'none'}  ${tried.folder}\n`,
      );
    } catch (error) {
      if (abort.signal.aborted) process.exit(130);
      process.stderr.write(
        `  could not be run, and is not counted: ${error instanceof Error ? error.message : error}\n`,
      );
    }
  }
}

const lines = report(done);
process.stdout.write(`${lines.join('\n')}\n`);
if (values.write) {
  const page = new URL('../docs/power.md', import.meta.url);
  const date = new Date().toISOString().slice(0, 10);
  const counts = (['defect', 'healthy'] as const).map(kind => done.filter(one => one.kind === kind).length);
  const command = `npm run bench:power -- --defects ${counts[0]} --healthy ${counts[1]} --seed ${first}`;
  const text = [`Measured ${date} with \`${command}\`.`, '', ...lines];
  await writeFile(page, replaced(await readFile(page, 'utf8'), 'measured power', text, 'docs/power.md'));
}
