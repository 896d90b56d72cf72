/** Linearizability beside Porcupine: the same histories, one core each, the same partitioning by object. */
import { decide, type Interval } from '../verify/core/search/linearizability.ts';
import { type Case, drawn } from './histories.ts';
import { Porcupine, type Timed } from './porcupine.ts';

const RUNS = 5;
/** Seconds after which Porcupine gives up, and placements after which we do. */
const LIMIT = 10;
const BUDGET = 20_000_000;
const SEED = 1;

const base = { objects: 1, operations: 2000, clients: 5, values: 0, info: 0, reads: 0.5, broken: false };

/** Of each: small and large, few and many at once, valid and not. */
const shapes: [string, Partial<Case>][] = [
  ['small', { objects: 200, operations: 50 }],
  ['large', { operations: 10_000 }],
  ['30 at once', { operations: 2000, clients: 30 }],
  ['broken', { broken: true }],
  ['broken, 15 at once', { broken: true, operations: 500, clients: 15 }],
  ['unacknowledged', { info: 0.02 }],
];

/** Lists are shorter and calmer: each read is as long as the list, and Porcupine would not come to an end. */
const calm = { operations: 400, clients: 3, reads: 0.5 };
const sorts: [string, Pick<Case, 'kind' | 'values'>, Partial<Case>][] = [
  ['register, unique', { kind: 'register', values: 0 }, {}],
  ['list, unique', { kind: 'list', values: 0 }, calm],
  ['register, 5 values', { kind: 'register', values: 5 }, {}],
  ['list, 5 values', { kind: 'list', values: 5 }, calm],
];

const cases = (): Case[] =>
  sorts.flatMap(([sort, of, than]) =>
    shapes.map(([shape, differs]) => ({ ...base, ...of, ...than, ...differs, name: `${sort}: ${shape}` })),
  );

function ours(objects: readonly Interval[][], kind: Case['kind']): Timed {
  const times: number[] = [];
  let verdict: Timed['verdict'] = 'ok';
  for (let run = 0; run < RUNS; run++) {
    const begin = performance.now();
    verdict = 'ok';
    for (const operations of objects) {
      const got = decide(kind, undefined, operations, BUDGET).verdict;
      if (got !== 'ok') verdict = got;
      if (got === 'violated') break;
    }
    times.push(performance.now() - begin);
    if (verdict === 'unknown') break;
  }
  times.sort((a, b) => a - b);
  return { verdict, time: times[times.length >> 1] ?? 0 };
}

/** @returns the lines of a table in Markdown */
export function linearizabilityBench(): string[] {
  const porcupine = Porcupine.build();
  const lines = [
    '| history | operations | verdict | Baton, ms | Porcupine, ms | Porcupine ÷ Baton |',
    '|---|--:|---|--:|--:|--:|',
  ];
  try {
    for (const of of cases()) {
      const objects = drawn(of, SEED);
      const mine = ours(objects, of.kind);
      const theirs = porcupine?.time(objects, of.kind === 'list', RUNS, LIMIT);
      if (
        theirs !== undefined &&
        theirs.verdict !== mine.verdict &&
        ![theirs.verdict, mine.verdict].includes('unknown')
      ) {
        throw new Error(`${of.name}: ${mine.verdict} here, and ${theirs.verdict} by Porcupine`);
      }
      lines.push(row(of, mine, theirs));
      process.stderr.write(`${lines.at(-1)}\n`);
    }
  } finally {
    porcupine?.remove();
  }
  return lines;
}

function row(of: Case, mine: Timed, theirs: Timed | undefined): string {
  const told =
    theirs === undefined ? '–' : theirs.verdict === 'unknown' ? `> ${LIMIT * 1000}` : theirs.time.toFixed(1);
  const ratio =
    theirs === undefined
      ? '–'
      : `${theirs.verdict === 'unknown' ? '> ' : ''}${(theirs.time / mine.time).toPrecision(2)}`;
  return `| ${of.name} | ${of.objects * of.operations} | ${mine.verdict} | ${mine.time.toFixed(1)} | ${told} | ${ratio} |`;
}
