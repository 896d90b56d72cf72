/** Creates the data and the script for the timeline and plots of the HTML report. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Check } from './core/checks/check.ts';
import type { Digest } from './core/compare/digest.ts';
import { atRank, merged, parseBuckets, sizeOf } from './core/result/latency.ts';
import type { Result } from './core/result/result.ts';
import type { View } from './reports/report.ts';
import { PERCENTILES, type Side } from './reports/view/chunk.ts';
import { marksOf } from './reports/view/marks.ts';
import { Timeline } from './reports/view/timeline.ts';

/** Script and style sheet of the HTML report's timeline and plots. */
export type ViewCode = Pick<View, 'code' | 'hash' | 'style'>;

/** Reads the history of a run again, and passes its events to a check. */
export type Replay = (check: Check) => Promise<unknown>;

/**
 * Returns the timeline and plots of a run; undefined in a checkout without esbuild.
 *
 * @param sides the baseline and the current runs, if they are compared
 */
export async function viewOf(result: Result, replay: Replay, sides?: Side[]): Promise<View | undefined> {
  const code = await browserCode();
  if (code === undefined) return undefined;
  const timeline = new Timeline({
    run: result.run,
    operations: result.tally.operations,
    anomalies: marksOf(result),
  });
  await replay(timeline.check);
  const { left, text } = packed(timeline);
  return { ...code, data: text, left, ...(sides === undefined ? {} : { sides }) };
}

/**
 * Returns the requests since the last call, compressed by deflate: length of the JSON (4 bytes), a chunk as JSON, and
 * its columns.
 */
export function packed(timeline: Timeline): { text: string; left: number } {
  const { chunk, bytes } = timeline.take();
  const head = Buffer.from(JSON.stringify(chunk));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const text = deflateRawSync(Buffer.concat([length, head, bytes]), { level: 9 }).toString('base64');
  return { text, left: chunk.left };
}

/** Name of the bundled script in the npm package and container image. */
const BUNDLE = 'view.js';

/**
 * Returns the script and the style sheet of the HTML report. The npm package and the container image contain both as
 * files; a checkout bundles them. Returns undefined in a checkout without esbuild.
 */
export async function browserCode(): Promise<ViewCode | undefined> {
  const inPackage = join(import.meta.dirname, BUNDLE);
  const [code, style] = existsSync(inPackage)
    ? [await readFile(inPackage, 'utf8'), await readFile(inPackage.replace(/js$/, 'css'), 'utf8')]
    : ((await bundled()) ?? []);
  if (code === undefined || style === undefined) return undefined;
  return { code, hash: createHash('sha256').update(code).digest('base64'), style };
}

/** Writes the script and the style sheet of reports into the folder of view.ts, when a package or image is built. */
export async function writeBundle(folder: string): Promise<void> {
  const [code = '', style = ''] = (await bundled()) ?? [];
  if (code === '') throw new Error('expected esbuild in node_modules; run npm install');
  await writeFile(join(folder, BUNDLE), code);
  await writeFile(join(folder, BUNDLE.replace(/js$/, 'css')), style);
}

async function bundled(): Promise<[code: string, style: string] | undefined> {
  const esbuild = await import('esbuild').catch(() => undefined);
  if (esbuild === undefined) return undefined;
  const uplot = createRequire(import.meta.url).resolve('uplot/package.json');
  const license = await readFile(join(uplot, '../LICENSE'), 'utf8');
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(import.meta.dirname, 'ui/main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    banner: { js: `/* contains uPlot: ${license.trim()} */` },
  });
  const style = await readFile(join(uplot, '../dist/uPlot.min.css'), 'utf8');
  return [outputFiles[0]?.text ?? '', style];
}

/** Adds up the runs on one side of a comparison. */
export function sideOf(name: string, digests: readonly Digest[]): Side {
  const buckets = merged(digests.flatMap(({ latency }) => latency.map(one => parseBuckets(one.buckets))));
  const count = sizeOf(buckets);
  const requests = new Map<string, number>();
  for (const { instances } of digests)
    for (const { instance, requests: more } of instances)
      requests.set(instance, (requests.get(instance) ?? 0) + more);
  const total = [...requests.values()].reduce((sum, more) => sum + more, 0);
  return {
    name,
    quantiles: PERCENTILES.map(percent => {
      const time = atRank(buckets, Math.max(1, Math.ceil((percent / 100) * count)));
      return Number.isFinite(time) ? time / 1000 : null;
    }),
    instances: [...requests].map(([instance, more]) => ({ instance, share: more / Math.max(1, total) })),
  };
}
