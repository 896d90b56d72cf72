import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from './options.ts';
import { measure } from './zoo-all.ts';

const LINE =
  '{"entry":"affinity-left-on","seed":1,"passed":true,"accused":[],"unproven":[],"violated":["routing"]}';

it.each([
  'what is this',
  '[]',
  '{"entry":"affinity-left-on","violated":[]}',
  LINE.replace('routing', 'no such'),
])('refuses a tally with the line %s', async rubbish => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-tally-'));
  const tally = join(folder, 'tally.ndjson');
  writeFileSync(tally, `${LINE}\n${rubbish}\n`);
  const { values } = parse('zoo', ['run', '--all', '--tally', tally]) ?? {};
  if (values === undefined) throw new Error('expected the options of zoo, got a request for help');
  const out = { write: () => true };
  const output = { result: out, progress: out, colour: false };
  // If the test wrongly starts a run, the aborted signal ends the run at once.
  const load = { seed: 1, sessions: 1, duration: 1, signal: AbortSignal.abort() };
  try {
    await expect(measure(values, output, load)).rejects.toThrow(
      `--tally: ${tally}, line 2: expected a line that`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
