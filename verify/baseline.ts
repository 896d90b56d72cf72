/** Reads and writes baseline files. Also reads results, histories and folders, for a comparison. */
import { existsSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Digest, digestOf } from './core/compare/digest.ts';
import { FORMAT } from './core/history/history.ts';
import { GUARANTEES, type Guarantee } from './core/result/guarantees.ts';
import type { Result } from './core/result/result.ts';
import { UsageError } from './errors.ts';
import { HISTORY } from './history-reader.ts';
import { judgeFile } from './judge-file.ts';
import { packedOf } from './lines.ts';

const count = z.number().int().nonnegative();
const digestSchema = z.strictObject({
  run: z.string(),
  target: z.string(),
  started: z.string().describe('Wall-clock time, ISO 8601.'),
  seed: count,
  revision: z.string().optional().describe('Revision of the code that was verified.'),
  finished: z.enum(['complete', 'interrupted', 'failed', 'cut off']),
  sessions: count,
  guarantees: z.array(
    z.strictObject({
      guarantee: z.enum(Object.keys(GUARANTEES) as [Guarantee, ...Guarantee[]]),
      claimed: z.boolean(),
      judgement: z.enum(['valid', 'violated', 'unknown']),
      violations: count,
      anomalies: z.array(z.string()).describe('Names of the anomalies that were found.'),
      rests: z.record(z.string(), z.number()).describe('The evidence, in figures.'),
      blamed: z.string().optional().describe('The instance that sent the wrong response in every proof.'),
    }),
  ),
  instances: z.array(z.strictObject({ instance: z.string(), requests: count, sessions: count })),
  latency: z.array(
    z.strictObject({
      action: z.string(),
      instance: z.string().optional(),
      buckets: z
        .string()
        .regex(/^(\d+:\d+( \d+:\d+)*)?$/)
        .describe('number:count of each bucket; bucket n begins at 1.03^n microseconds.'),
    }),
  ),
});

export const baselineSchema = z.strictObject({
  $schema: z.string().optional(),
  format: z.literal('baton-baseline'),
  version: z.literal(1),
  runs: z.array(digestSchema).min(1),
});

export const formatBaseline = (runs: readonly Digest[]): string =>
  `${JSON.stringify({ format: 'baton-baseline', version: 1, runs }, null, 2)}\n`;

/**
 * Reads the runs in a file or folder. Returns at least one digest: a run's figures for a comparison.
 *
 * @param path a baseline, a result, a history, or a folder of one or several runs
 * @param revision hash of the tested commit
 * @throws UsageError if the path is none of these
 */
export async function runsIn(path: string, revision?: string): Promise<Digest[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${path}: expected a baseline, a result, a history or a folder of runs, found none (${error.code})`,
    );
  });
  if (!found.isDirectory()) return runsInFile(path, revision);
  const names = await readdir(path);
  if (names.includes('result.json')) return runsInFile(join(path, 'result.json'), revision);
  if (names.includes(HISTORY)) return [digestOf(await judgeFile(path), revision)];
  const runs: Digest[] = [];
  for (const name of names.sort()) {
    const inside = await readdir(join(path, name)).catch((): string[] => []);
    if (inside.includes('result.json') || inside.includes(HISTORY))
      runs.push(...(await runsIn(join(path, name))));
  }
  if (runs.length > 0) return runs;
  throw new UsageError(`${path}: expected ${HISTORY}, result.json, or folders with one of them, found none`);
}

async function runsInFile(file: string, revision: string | undefined): Promise<Digest[]> {
  // If `history.ndjson.gz` exists, this file contains the history's first line, which names the format.
  if (existsSync(packedOf(file)) || (await firstBytesOf(file)).includes(`"${FORMAT}"`))
    return [digestOf(await judgeFile(file), revision)];
  const value = parsed(file, await readFile(file, 'utf8'));
  const { format, version } = value as { format?: unknown; version?: unknown };
  if (format !== 'baton-baseline' && format !== 'baton-result') {
    throw new UsageError(
      `${file}: expected a baseline, a result or a history, got "format": ${JSON.stringify(format)}`,
    );
  }
  if (version !== 1)
    throw new UsageError(
      `${file}: expected version 1, got ${JSON.stringify(version)}: use the Baton that wrote the file`,
    );
  const baseline =
    format === 'baton-baseline'
      ? value
      : { format: 'baton-baseline', version, runs: [digest(file, value, revision)] };
  const checked = baselineSchema.safeParse(baseline);
  if (checked.success) return checked.data.runs as Digest[];
  const [issue] = checked.error.issues;
  throw new UsageError(`${file}: ${issue?.path.join('.')}: ${issue?.message} (docs/baseline.schema.json)`);
}

/** Returns the first 200 bytes of a file. They suffice to recognise a history, which may be too long to read. */
async function firstBytesOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(200), 0, 200, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function parsed(file: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Ignores the error of the JSON parser, because the UsageError below names the expected formats.
  }
  throw new UsageError(`${file}: expected a baseline, a result or a history, got a file that is not JSON`);
}

function digest(file: string, value: object, revision: string | undefined): Digest {
  try {
    return digestOf(value as Result, revision);
  } catch {
    throw new UsageError(
      `${file}: "format" says that it is a result, but parts of a result are missing (docs/result.schema.json)`,
    );
  }
}
