import { describe, expect, it } from 'vitest';
import { stepsOf } from '../result/verdict.ts';
import { Picture } from '../testing/picture.ts';
import { verdictText } from '../testing/verdict-text.ts';
import { differences } from './pair-differences.ts';
import { fewestOn, PairTable } from './pairs.ts';

/**
 * Builds three requests: the first succeeds, the second is refused, and the third shows that the session still lives.
 */
const [before, refused, after] = (() => {
  const picture = new Picture();
  picture.session('s1', 'alice').read('app-1').asks('app-2', { outcome: 'fail', status: 500 }).read('app-1');
  return picture.events.filter(event => event.type === 'op');
})();
if (before === undefined || refused === undefined || after === undefined) throw new Error('three requests');

/** Makes a table with the number of refusals and the number of requests for each pair of instances. */
const table = (pairs: Record<string, [times: number, requests: number]>, kind = '500') => {
  const made = new PairTable('wrote on');
  for (const [name, [times, requests]] of Object.entries(pairs)) {
    const pair = made.of(`app-${name[0]}`, `app-${name[1]}`);
    pair.requests = requests;
    for (let i = 0; i < times; i++) pair.differs(kind, before, refused, after);
  }
  return made;
};
const found = (pairs: Record<string, [times: number, requests: number]>): number =>
  differences(table(pairs)).length;

describe('differences', () => {
  it('need a rate of at least a tenth, and at most a quarter of that rate elsewhere', () => {
    const rest = (times: number): Record<string, [number, number]> => ({
      11: [times, 400],
      21: [times, 400],
      22: [times, 400],
    });
    expect([found({ ...rest(0), 12: [40, 400] }), found({ ...rest(0), 12: [39, 400] })]).toEqual([1, 0]);
    expect([found({ ...rest(40), 12: [160, 400] }), found({ ...rest(41), 12: [160, 400] })]).toEqual([1, 0]);
  });

  it('compare a signed-out response with other pairs of different instances only, which is left to continuity', () => {
    const apart = { 11: [0, 100], 12: [50, 100], 21: [50, 100], 22: [0, 100] } as const;
    const all = (kind: string) => differences(table({ ...apart } as never, kind)).length;
    expect([all('500'), all('signed out')]).toEqual([1, 0]);
  });

  it('are significant over all tests together', () => {
    // Fisher's exact test gives p-values of 1 in 184,756, and of 1 in 137,846,528,820.
    expect([found({ 12: [10, 10], 21: [0, 10] }), found({ 12: [20, 20], 21: [0, 20] })]).toEqual([0, 1]);
    // With two pairs of instances, four tests are made. So a p-value of 1 in 2,704,156 is not significant, and 1 in
    // 10,400,600 is.
    expect([found({ 12: [12, 12], 21: [0, 12] }), found({ 12: [13, 13], 21: [0, 13] })]).toEqual([0, 1]);
  });

  it('need a second pair with requests', () => {
    expect([found({}), found({ 12: [40, 40] }), found({ 12: [40, 40], 21: [0, 0] })]).toEqual([0, 0, 0]);
    // A pair can have more refusals than requests, because requests during a fault are not counted. Its rate is at most
    // 1 even then.
    expect(found({ 12: [50, 40], 21: [0, 40] })).toBe(1);
  });

  it('show the pair with the highest rate, and name each pair that differs', () => {
    const skewed = table({ 11: [0, 100], 12: [80, 100], 21: [1, 100], 22: [90, 100] });
    const [anomaly] = differences(skewed);
    const verdict = {
      judgement: 'violated',
      violations: 1,
      rests: {},
      finding: '',
      anomalies: [
        {
          name: 'SKEW',
          guarantee: 'instances-agree',
          session: 's1',
          user: 'alice',
          ...anomaly,
          witness: stepsOf(anomaly?.witness ?? []),
        },
      ],
    };
    expect(verdictText(verdict as never)).toMatchInlineSnapshot(`
      "violated, 1
      rests on 
      SKEW instances-agree s1 alice: app-2 responds 500 to sessions that wrote on any instance; other instances do not
        #1 read on app-1: success
        #2 read on app-2 fail: expected the response of the other instances; came 500
        #3 read on app-1: success: the session lives
        (wrote on app-2, then app-2: 500 90 of 100 times)
        (wrote on app-1, then app-2: 500 80 of 100 times)"
    `);
    const bare = new PairTable('got the page from');
    bare.of('app-1', 'app-2').requests = 40;
    bare.of('app-2', 'app-1').requests = 40;
    for (let i = 0; i < 40; i++) bare.of('app-1', 'app-2').differs('403', undefined, refused, after);
    expect(stepsOf(differences(bare)[0]?.witness ?? []).map(({ came }) => came)).toEqual([
      '403',
      'success: the session lives',
    ]);
  });

  it('take time that is linear in the pairs, for very many instances', () => {
    // The test has 40,000 pairs of instances. Comparing each pair with all other pairs would take minutes.
    const made = new PairTable('wrote on');
    for (let from = 0; from < 200; from++) {
      for (let to = 0; to < 200; to++) {
        const pair = made.of(`app-${from}`, `app-${to}`);
        pair.requests = 80;
        for (let i = 0; i < (to === 7 ? 70 : 1); i++) pair.differs('500', before, refused, after);
      }
    }
    const [skewed] = differences(made);
    expect(skewed?.summary).toContain('app-7 responds 500');
    expect(skewed?.notes).toHaveLength(200);
    expect(fewestOn(made.requests(), 80)).toBeUndefined();
  });

  it('are reported for each kind of response', () => {
    const made = table({ 12: [40, 100], 21: [0, 100] });
    for (let i = 0; i < 50; i++) made.of('app-1', 'app-2').differs('418', before, refused, after);
    expect(differences(made).map(({ summary }) => summary)).toEqual([
      'app-2 responds 500 to sessions that wrote on app-1; other pairs of instances do not',
      'app-2 responds 418 to sessions that wrote on app-1; other pairs of instances do not',
    ]);
  });
});

describe('the requests on each pair', () => {
  it('show the first pair of two instances with too few, by name', () => {
    const requests = table({ 21: [0, 3], 12: [0, 5], 22: [0, 1] }).requests();
    expect(requests).toEqual({ 'app-2': { 'app-1': 3, 'app-2': 1 }, 'app-1': { 'app-2': 5 } });
    expect(fewestOn(requests, 6)).toEqual({ from: 'app-1', to: 'app-2', requests: 5 });
    expect(fewestOn(requests, 5)).toEqual({ from: 'app-2', to: 'app-1', requests: 3 });
    expect(fewestOn(requests, 3)).toBeUndefined();
    expect(fewestOn({ 'app-1': { 'app-1': 9 } }, 3)).toBe('one instance');
  });

  it('can be limited to the pairs of an earlier moment', () => {
    const made = table({ 12: [0, 5], 21: [0, 3] });
    expect(made.requests({ 'app-1': { 'app-2': 1 } })).toEqual({ 'app-1': { 'app-2': 5 } });
  });
});
