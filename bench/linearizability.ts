/**
 * Judges histories with Baton and with Porcupine, and compares verdicts and processor times. Both take turns on one
 * core, so that other work on the machine affects both.
 */
import type { Limit } from '../verify/core/search/decision.ts';
import { decide } from '../verify/core/search/linearizability.ts';
import { seeded } from '../verify/random.ts';
import { anyHistory, drawn, KINDS, type Shape } from './histories.ts';
import { type History, Porcupine, type Timed } from './porcupine.ts';
import { publicHistories } from './public.ts';

const ROUNDS = 5;
/** Maximum time for each program to judge one history, milliseconds. */
const LIMIT = 5_000;
/** The totals come from DRAWN generated histories, in groups of TURN. Each history gets DRAWN_LIMIT milliseconds. */
const DRAWN = 10_000;
const TURN = 500;
const DRAWN_LIMIT = 200;

const base: Shape = {
  kind: 'register',
  objects: 1,
  operations: 1000,
  clients: 5,
  values: 0,
  writes: ['set'],
  reads: 0.5,
  info: 0,
  broken: 0,
};

const shapes: [string, Partial<Shape>][] = [
  ['200 objects', { objects: 200, operations: 50 }],
  ['large', { operations: 5000 }],
  ['30 clients', { clients: 30 }],
  ['broken', { broken: 2 }],
  ['broken, 15 clients', { broken: 2, operations: 300, clients: 15 }],
  ['2 % without response', { info: 0.02 }],
];

const short = { operations: 400, clients: 4 };
const sorts: [string, Partial<Shape>, Partial<Shape>][] = [
  ['register, unique values', {}, {}],
  ['register, 5 values, cas', { values: 5, writes: ['set', 'cas', 'cas'] }, {}],
  ['list, unique, append', { kind: 'list', writes: ['add'] }, short],
  ['list, unique, append and replace', { kind: 'list', writes: ['add', 'add', 'add', 'add', 'set'] }, short],
  [
    'list, 5 values, append and replace',
    { kind: 'list', values: 5, writes: ['add', 'add', 'add', 'set'] },
    short,
  ],
  [
    'set, 5 values, all actions',
    { kind: 'set', values: 5, writes: ['add', 'add', 'remove', 'clear', 'set'] },
    short,
  ],
  ['bag, 5 values, add and remove', { kind: 'bag', values: 5, writes: ['add', 'remove'] }, short],
  ['counter', { kind: 'counter', values: 3, writes: ['increment', 'increment', 'increment', 'set'] }, short],
];

const shaped = (): History[] =>
  sorts.flatMap(([sort, of, calm]) =>
    shapes.map(([shape, differs]) => {
      const name = `${sort}: ${shape}`;
      const whole = { ...base, ...calm, ...of, ...differs };
      if (shape === 'large' && whole.kind !== 'register') whole.operations = 1000;
      return { name, kind: whole.kind, initial: [], objects: drawn(whole, seeded(1, name)) };
    }),
  );

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function ours({ kind, initial, objects }: History, milliseconds: number): Timed {
  const begin = processorTime();
  // The limit is elapsed time, as in Porcupine. The returned time is processor time.
  const end = performance.now() + milliseconds;
  const limit: Limit = { steps: Number.POSITIVE_INFINITY, isLate: () => performance.now() > end };
  let verdict: Timed['verdict'] = 'ok';
  for (const operations of objects) {
    const decision = decide(kind, initial, operations, limit).verdict;
    if (decision !== 'ok') verdict = decision;
    if (decision === 'violated') break;
  }
  return { verdict, time: processorTime() - begin };
}

/** `mine`: Baton; `theirs`: Porcupine. Verdicts must be equal, except after a time limit. */
type Pair = { mine: Timed; theirs: Timed };

function paired({ name }: History, mine: Timed, theirs: Timed): Pair {
  if (mine.verdict !== theirs.verdict && mine.verdict !== 'unknown' && theirs.verdict !== 'unknown')
    throw new Error(
      `${name}: expected equal verdicts, got ${mine.verdict} from Baton and ${theirs.verdict} from Porcupine`,
    );
  return { mine, theirs };
}

function compared(histories: readonly History[], porcupine: Porcupine, limit: number): Pair[] {
  const mine = histories.map(history => ours(history, limit));
  const theirs = porcupine.time(histories, 1, limit);
  return histories.map((history, i) => paired(history, mine[i] as Timed, theirs[i] as Timed));
}

/** Stops at the first round in which a program gives the verdict `unknown`. */
function medians(history: History, porcupine: Porcupine): Pair {
  const rounds: Pair[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [pair] = compared([history], porcupine, LIMIT) as [Pair];
    rounds.push(pair);
    if (pair.mine.verdict === 'unknown' || pair.theirs.verdict === 'unknown') break;
  }
  const median = (of: keyof Pair): Timed =>
    rounds.map(pair => pair[of]).sort((a, b) => a.time - b.time)[rounds.length >> 1] as Timed;
  return { mine: median('mine'), theirs: median('theirs') };
}

const shown = ({ verdict, time }: Timed, limit: number): string =>
  verdict === 'unknown' ? `> ${limit}` : time.toFixed(1);

function row({ name, objects }: History, { mine, theirs }: Pair): string {
  const count = objects.reduce((sum, operations) => sum + operations.length, 0);
  const verdict = mine.verdict === 'unknown' ? theirs.verdict : mine.verdict;
  const times = theirs.time / Math.max(mine.time, 0.1);
  const ratio = times < 10 ? times.toPrecision(2) : times.toFixed(0);
  const bound = theirs.verdict === 'unknown' ? '> ' : mine.verdict === 'unknown' ? '< ' : '';
  const both = mine.verdict === 'unknown' && theirs.verdict === 'unknown';
  return `| ${name} | ${count} | ${verdict} | ${shown(mine, LIMIT)} | ${shown(theirs, LIMIT)} | ${both ? '–' : bound + ratio} |`;
}

const HEAD = [
  '| history | operations | verdict | Baton, ms | Porcupine, ms | Porcupine ÷ Baton |',
  '|---|--:|---|--:|--:|--:|',
];

/** Returns a Markdown table with one row per history. */
export function linearizabilityBench(): string[] {
  return withPorcupine(porcupine => {
    const kv = publicHistories(porcupine.testData).filter(({ kind }) => kind === 'list');
    const lines = [...HEAD];
    for (const history of [...kv, ...shaped()]) {
      lines.push(row(history, medians(history, porcupine)));
      process.stderr.write(`${lines.at(-1)}\n`);
    }
    return lines;
  });
}

function withPorcupine(bench: (porcupine: Porcupine) => string[]): string[] {
  const porcupine = Porcupine.build();
  if (porcupine === undefined) return ['Porcupine could not be built: see stderr.'];
  try {
    return bench(porcupine);
  } finally {
    porcupine.remove();
  }
}

/** Returns a Markdown table with two totals: all public histories, and many generated histories. */
export function totalsBench(): string[] {
  return withPorcupine(porcupine => {
    const published = publicHistories(porcupine.testData);
    const groups = new Map<string, Pair[]>();
    const add = (name: string, pairs: readonly Pair[]): void => {
      groups.set(name, [...(groups.get(name) ?? []), ...pairs]);
    };
    for (const name of ['key-value store', 'etcd'])
      add(
        `public: ${name}`,
        compared(
          published.filter(of => of.name.startsWith(name)),
          porcupine,
          LIMIT,
        ),
      );
    for (let seed = 0; seed < DRAWN; seed += TURN) {
      const histories = Array.from({ length: TURN }, (_, i) => anyHistory(seed + i));
      const pairs = compared(histories, porcupine, DRAWN_LIMIT);
      for (const kind of KINDS)
        add(
          `drawn: ${kind}`,
          pairs.filter((_, i) => histories[i]?.kind === kind),
        );
      process.stderr.write(`${seed + TURN} of ${DRAWN} generated histories judged\n`);
    }
    groups.set('**all**', [...groups.values()].flat());
    return [...TOTALS_HEAD, ...[...groups].map(([name, pairs]) => totals(name, pairs))];
  });
}

const TOTALS_HEAD = [
  '| histories | number | ok | violated | only Baton decided | only Porcupine decided | neither | Baton, ms | Porcupine, ms | Porcupine ÷ Baton | where both decided |',
  '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
];

function totals(name: string, pairs: readonly Pair[]): string {
  const count = (of: (pair: Pair) => boolean): number => pairs.filter(of).length;
  const time = (some: readonly Pair[], of: keyof Pair): number =>
    some.reduce((sum, pair) => sum + pair[of].time, 0);
  const open = (of: Timed): boolean => of.verdict === 'unknown';
  const both = pairs.filter(({ mine, theirs }) => !open(mine) && !open(theirs));
  const ratio = (some: readonly Pair[]): string => (time(some, 'theirs') / time(some, 'mine')).toPrecision(2);
  const cells = [
    name,
    pairs.length,
    count(({ mine, theirs }) => mine.verdict === 'ok' || (open(mine) && theirs.verdict === 'ok')),
    count(({ mine, theirs }) => mine.verdict === 'violated' || (open(mine) && theirs.verdict === 'violated')),
    count(({ mine, theirs }) => !open(mine) && open(theirs)),
    count(({ mine, theirs }) => open(mine) && !open(theirs)),
    count(({ mine, theirs }) => open(mine) && open(theirs)),
    time(pairs, 'mine').toFixed(0),
    time(pairs, 'theirs').toFixed(0),
    ratio(pairs),
    ratio(both),
  ];
  return `| ${cells.join(' | ')} |`;
}
