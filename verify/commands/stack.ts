/** `baton stack` runs the bundled stack; `baton stack conformance` compares it with what AWS and nginx document. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  conformanceMarkdown,
  conformanceText,
  counts,
  outcomeOf,
  type Row,
} from '../../stack/fleet/conformance/row.ts';
import { conformance } from '../../stack/fleet/conformance/run.ts';
import { PROFILES, type ProfileName } from '../../stack/fleet/profile.ts';
import { replaced } from '../../zoo/docs.ts';
import { COMMAND } from '../core/command.ts';
import { EXIT, UnavailableError, UsageError } from '../errors.ts';
import { parseBalancerBehaviour } from './balancer-behaviour.ts';
import type { OptionValues } from './options.ts';
import type { Output } from './output.ts';
import { stackUp } from './stack-up.ts';

/** Default of --speedup: the number by which the waiting times that AWS and nginx document are divided. */
const SPEEDUP = '10';

/** Options that only one of the commands `stack` and `stack conformance` accepts. */
const ONLY = {
  stack: ['instances', 'port', 'sticky'],
  'stack conformance': ['write', 'json', 'quiet'],
} as const;

/** Runs `baton stack`, or `baton stack conformance`. @param words the arguments after `stack` */
export async function stackCommand(
  words: readonly string[],
  values: OptionValues<'stack'>,
  output: Output,
): Promise<number> {
  const [word] = words;
  if (word !== undefined && word !== 'conformance')
    throw new UsageError(`stack: expected conformance or no argument, got ${JSON.stringify(word)}`);
  const [called, other] =
    word === undefined
      ? (['stack', 'stack conformance'] as const)
      : (['stack conformance', 'stack'] as const);
  for (const name of ONLY[other])
    if (values[name] !== undefined && values[name] !== false)
      throw new UsageError(`--${name}: not an option of ${COMMAND} ${called}, but of ${COMMAND} ${other}`);
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());
  return word === undefined ? stackUp(values, output, abort.signal) : conform(values, output, abort.signal);
}

/**
 * Measures the behaviours of the bundled stack, and prints the table. Returns the exit code: 1 for an unexpected
 * difference, 2 if a row of the table could not be measured.
 */
async function conform(values: OptionValues<'stack'>, output: Output, signal: AbortSignal): Promise<number> {
  const { profiles, speedup } = wanted(values);
  let rows: Row[];
  try {
    rows = await conformance({
      ...{ profiles, speedup, signal },
      onScene: (profile, scene) => {
        if (!values.quiet) output.progress.write(`${profile}: ${scene}\n`);
      },
    });
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw new UnavailableError(`the bundled stack did not start: ${(error as Error).message}`);
  }
  const scale = `This compares the bundled stack with public documentation; AWS itself was not measured. ${scaled(speedup)}`;
  if (values.json) output.result.write(`${JSON.stringify({ speedup, rows }, null, 2)}\n`);
  else output.result.write(`${conformanceText(rows)}\n${counts(rows)}\n${scale}\n`);
  if (values.write) await write(rows, values, scaled(speedup));
  const outcomes = rows.map(outcomeOf);
  if (outcomes.includes('differs')) return EXIT.violated;
  return outcomes.includes('unknown') ? EXIT.unknown : EXIT.valid;
}

function wanted({ profile, speedup = SPEEDUP }: OptionValues<'stack'>): {
  profiles: ProfileName[];
  speedup: number;
} {
  parseBalancerBehaviour({ profile: profile ?? PROFILES[0], speedup }, 2);
  return {
    profiles: PROFILES.filter(name => profile === undefined || name === profile),
    speedup: Number(speedup),
  };
}

const scaled = (speedup: number): string =>
  speedup === 1
    ? 'Times are those of the profiles.'
    : `All times of the profiles were divided by ${speedup} (--speedup), and are shown multiplied by it again.`;

/** Replaces the table of measured behaviours in docs/fleet.md. */
async function write(
  rows: readonly Row[],
  { profile, speedup }: OptionValues<'stack'>,
  scale: string,
): Promise<void> {
  const path = fileURLToPath(new URL('../../docs/fleet.md', import.meta.url));
  const flags = `${profile === undefined ? '' : ` --profile ${profile}`}${speedup === undefined ? '' : ` --speedup ${speedup}`}`;
  const date = new Date().toISOString().slice(0, 10);
  const lines = [
    `Measured ${date} with \`${COMMAND} stack conformance${flags}\`: ${counts(rows)}. ${scale}`,
    ...conformanceMarkdown(rows),
  ];
  await writeFile(path, replaced(await readFile(path, 'utf8'), 'measured', lines, path));
}
