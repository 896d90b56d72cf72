/**
 * `npm run bench:compare`: measures how often Baton's comparison of two builds is right, and prints the tables of
 * docs/compare.md.
 */
import { CHECKS } from '../verify/core/checks/index.ts';
import { compare } from '../verify/core/compare/compare.ts';
import type { Difference, Trend } from '../verify/core/compare/difference.ts';
import { type Digest, digestOf } from '../verify/core/compare/digest.ts';
import type { Event } from '../verify/core/history/history.ts';
import { digest, judged, served } from '../verify/core/testing/digests.ts';
import { Judge } from '../verify/core/timeline/judge.ts';
import { type Random, seeded } from '../verify/random.ts';
import { binomial, CALM, dealt, drawnTurns, inTurns, LOADED, slowed } from './draw.ts';
import { history, run } from './generate.ts';

const COMPARISONS = 100;
const TRIES = 20;
const CELL = 200;

const percent = (count: number, of: number): string => `${Math.round((100 * count) / of)} %`;
const found = (base: Digest[], current: Digest[], about: Difference['about']): Trend | undefined =>
  compare(base, current).differences.find(difference => difference.about === about)?.change;
const times = (count: number, test: (i: number) => boolean): number =>
  Array.from({ length: count }, (_, i) => test(i)).filter(Boolean).length;
const table = (head: string[], rows: string[][]): string[] =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`);

/** Compares a build with itself. The comparison must not report this build as worse. */
function sameBuild(): string[] {
  const row = (name: string, draw: (random: Random) => [Digest[], Digest[]]): string[] => {
    const random = seeded(1, name);
    const results = Array.from({ length: COMPARISONS }, () => compare(...draw(random)));
    const worse = results.filter(({ judgement }) => judgement === 'violated').length;
    const reported = results.filter(({ differences }) =>
      differences.some(({ about, change }) => about === 'latency' && change === 'untold'),
    );
    return [name, `${worse} of ${COMPARISONS}`, `${reported.length}`];
  };
  const two =
    (runs: readonly Digest[]) =>
    (random: Random): [Digest[], Digest[]] => [
      [runs[random.below(runs.length)] as Digest],
      [runs[random.below(runs.length)] as Digest],
    ];
  return table(
    ['one build twice, recorded on the bundled stack', '"worse"', 'a latency difference reported'],
    [
      row('two runs', two(CALM)),
      row('two runs on a busy machine', two(LOADED)),
      row('16 pairs, responses assigned at random', random => dealt(CALM, 16, random)),
      row('16 pairs of runs', random => inTurns(CALM, 16, random)),
      row('16 pairs of runs on a busy machine', random => inTurns(LOADED, 16, random)),
      row('12 pairs of runs on a busy machine', random => inTurns(LOADED, 12, random)),
      row('generated: both runs lose 2 % of their sessions, and differ by chance', drawn),
    ],
  );
}

/** Generates two runs of one broken build, which differ only by chance. */
function drawn(random: Random): [Digest[], Digest[]] {
  const one = (): Digest => {
    const first = binomial(2000, 0.5, random);
    const lost = {
      violations: binomial(500, 0.02, random),
      anomalies: ['LOSS'],
      judgement: 'violated' as const,
    };
    return digest(0, { guarantees: [judged('continuity', lost)], instances: served(first, 2000 - first) });
  };
  return [[one()], [one()]];
}

/**
 * Counts how often a comparison finds known changes, such as lost sessions in 1 of 500. Each change must be found in
 * 20 of 20 trials.
 */
function plants(): string[] {
  const healthy = judgedSessions(0, 0);
  const lost = (i: number): Trend | undefined => found([healthy], [judgedSessions(1 / 500, i)], 'continuity');
  const half = (i: number): Trend | undefined => {
    const random = seeded(i, 'half');
    const starved = binomial(2000, 0.25, random);
    return found([digest()], [digest(1, { instances: served(starved, 2000 - starved) })], 'share');
  };
  const slower =
    (draw: typeof dealt, runs: readonly Digest[], pairs: number) =>
    (i: number): Trend | undefined => {
      const [base, current] = draw(runs, pairs, seeded(i, 'slower'));
      return found(base, slowed(current, 1.3), 'latency');
    };
  const row = (name: string, change: (i: number) => Trend | undefined): string[] => [
    name,
    `${times(TRIES, i => change(i + 1) === 'worse')} of ${TRIES}`,
  ];
  return table(
    ['change', 'found'],
    [
      row('one session in 500 is lost (5,000 sessions, histories judged)', lost),
      row('one of two instances serves half of its share (2,000 requests)', half),
      row('30 % slower: 16 pairs, responses assigned at random', slower(dealt, CALM, 16)),
      row('the same on a busy machine', slower(dealt, LOADED, 16)),
      row('30 % slower: 16 pairs of runs, as recorded', slower(inTurns, CALM, 16)),
      row('the same on a busy machine', slower(inTurns, LOADED, 16)),
    ],
  );
}

const SESSIONS = 5_000;

/** @param part share of the sessions that are lost before their end, from 0 to 1 */
function judgedSessions(part: number, seed: number): Digest {
  const random = seeded(seed, 'lost');
  const lost = new Set<string>();
  for (let i = 0; i < SESSIONS; i++) if (random.next() < part) lost.add(`s${i}`);
  const reads = new Map<string, number>();
  const judge = new Judge(run, CHECKS);
  for (const event of history(SESSIONS * 10, SESSIONS))
    judge.step(event.type === 'op' ? planted(event, lost, reads) : event);
  return digestOf(judge.finish());
}

function planted(
  event: Event & { type: 'op' },
  lost: ReadonlySet<string>,
  reads: Map<string, number>,
): Event {
  const count = (reads.get(event.session) ?? 0) + 1;
  reads.set(event.session, count);
  if (!lost.has(event.session) || count < 3) return event;
  const { saw: _saw, sawUser: _sawUser, object: _object, ...rest } = event;
  return { ...rest, outcome: 'fail', status: 303, note: '303 to /login', signedIn: 'out' };
}

function power(): string[] {
  return [...lossPower(), '', ...ratePower(), '', ...sharePower(), '', ...latencyPower()];
}

const lossPower = (): string[] =>
  table(
    ['sessions lost, none before', '100 sessions', '500 sessions', '2,000 sessions', '10,000 sessions'],
    [1 / 5000, 1 / 2000, 1 / 500, 1 / 100].map(rate => [
      `1 in ${1 / rate}`,
      ...[100, 500, 2000, 10_000].map(n => {
        const random = seeded(n, `loss ${rate}`);
        return percent(
          times(CELL, () => binomial(n, rate, random) > 0),
          CELL,
        );
      }),
    ]),
  );

const ratePower = (): string[] =>
  table(
    ['sessions lost, 1 % before', '500 sessions', '2,000 sessions', '10,000 sessions'],
    [0.015, 0.02, 0.03, 0.05].map(rate => [
      `${rate * 100} %`,
      ...[500, 2000, 10_000].map(n => {
        const random = seeded(n, `rate ${rate}`);
        const side = (p: number): Digest[] => {
          const violations = Math.max(1, binomial(n, p, random));
          return [digest(0, { guarantees: [judged('continuity', { violations, rests: { sessions: n } })] })];
        };
        return percent(
          times(CELL, () => found(side(0.01), side(rate), 'continuity') === 'worse'),
          CELL,
        );
      }),
    ]),
  );

const sharePower = (): string[] =>
  table(
    ['an instance of three serves', '100 requests', '300 requests', '1,000 requests', '10,000 requests'],
    [0.8, 0.65, 0.5, 0.25].map(part => [
      `${part * 100} % of its share`,
      ...[100, 300, 1000, 10_000].map(n => {
        const random = seeded(n, `share ${part}`);
        const side = (p: number): Digest[] => {
          const first = binomial(n, p / 3, random);
          const second = binomial(n - first, 0.5, random);
          return [digest(0, { instances: served(first, second, n - first - second) })];
        };
        return percent(
          times(CELL, () => found(side(1), side(part), 'share') === 'worse'),
          CELL,
        );
      }),
    ]),
  );

/** Measures how often the comparison finds slower responses, if response times also vary at random. */
function latencyPower(): string[] {
  const cell = (slower: number, pairs: number, noise: number): string => {
    const random = seeded(pairs, `latency ${slower} ${noise}`);
    return percent(
      times(CELL / 2, () => found(...drawnTurns(slower, pairs, noise, random), 'latency') === 'worse'),
      CELL / 2,
    );
  };
  const columns = [12, 16, 24].flatMap(pairs => [0.05, 0.1, 0.2].map(noise => ({ pairs, noise })));
  return table(
    ['slower by', ...columns.map(({ pairs, noise }) => `${pairs} pairs, runs differ by ${noise * 100} %`)],
    [1, 1.1, 1.2, 1.3, 1.5].map(slower => [
      `${Math.round((slower - 1) * 100)} %`,
      ...columns.map(({ pairs, noise }) => cell(slower, pairs, noise)),
    ]),
  );
}

const SECTIONS: Record<string, () => string[]> = { same: sameBuild, plants, power };
const [only] = process.argv.slice(2);
for (const [name, bench] of Object.entries(SECTIONS)) {
  if (only !== undefined && only !== name) continue;
  process.stdout.write(`## ${name}\n\n${bench().join('\n')}\n\n`);
}
