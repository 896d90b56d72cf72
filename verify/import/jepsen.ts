/** Judges the linearizability of histories that Jepsen recorded, as EDN or JSON. */
import { createReadStream } from 'node:fs';
import { linearizabilityOf } from '../core/checks/linearizability.ts';
import { COMMAND } from '../core/command.ts';
import type { Run } from '../core/history/history.ts';
import type { Result } from '../core/result/result.ts';
import type { Searching } from '../core/search/searches.ts';
import { Judge } from '../core/timeline/judge.ts';
import { UsageError } from '../errors.ts';
import { EdnError, EdnReader } from './edn.ts';
import { JEPSEN_MODELS, JepsenHistory, type JepsenOptions } from './jepsen-history.ts';

/** The minimum evidence is one read, and the length is unlimited: the user decides which history to judge. */
const LEAST = { overlaps: 0, handoffs: 0, reads: 1, longest: Number.POSITIVE_INFINITY };

/** Judges a Jepsen history. @throws UsageError with file and line if the file is not a Jepsen history */
export async function judgeJepsen(
  file: string,
  options: JepsenOptions,
  searching: Searching = {},
): Promise<Result> {
  const judge = new Judge(runOf(file, options), [linearizabilityOf(LEAST, searching)]);
  const history = new JepsenHistory(options, event => judge.step(event));
  const reader = new EdnReader((form, line) => history.take(form, line));
  try {
    for await (const piece of createReadStream(file, 'utf8')) reader.feed(piece as string);
    reader.end();
  } catch (error) {
    if (error instanceof EdnError) throw new UsageError(`${file}: ${error.message}`);
    throw new UsageError(
      `${file}: expected a Jepsen history (${(error as NodeJS.ErrnoException).code ?? error})`,
    );
  }
  if (history.operations === 0) {
    throw new UsageError(
      `${file}: expected operations such as {:process 0, :type :invoke, :f :read, :value nil}, found none`,
    );
  }
  judge.step({ type: 'finish', clock: 'c0', at: history.now, reason: 'complete' });
  return judge.finish();
}

const runOf = (file: string, { model, initial, nilReads }: JepsenOptions): Run => ({
  type: 'run',
  format: 'baton-history',
  version: 1,
  run: 'jepsen',
  seed: 0,
  started: '1970-01-01T00:00:00.000Z',
  target: `Jepsen history (${model})`,
  url: file,
  command:
    `${COMMAND} check --from jepsen ${file} --model ${model}` +
    `${initial === undefined ? '' : ` --initial '${initial}'`} --nil-reads ${nilReads}`,
  claims: ['linearizability'],
  routing: 'spread',
  canary: 'jepsen',
  logs: [],
});

/**
 * Validates the options of the command line.
 *
 * @param words the texts of the options
 * @throws UsageError if an option is missing or wrong; it names the option
 */
export function jepsenOptions(words: {
  model?: string | undefined;
  initial?: string | undefined;
  'nil-reads'?: string | undefined;
}): JepsenOptions {
  const model = JEPSEN_MODELS.find(name => name === words.model);
  if (model === undefined) {
    throw new UsageError(`--model: expected ${JEPSEN_MODELS.join(', ')}, got ${words.model ?? 'none'}`);
  }
  const nilReads = words['nil-reads'] ?? 'initial';
  if (nilReads !== 'any' && nilReads !== 'initial') {
    throw new UsageError(`--nil-reads: expected any or initial, got ${nilReads}`);
  }
  return { model, initial: words.initial, nilReads };
}
