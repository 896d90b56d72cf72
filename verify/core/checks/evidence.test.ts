import { describe, expect, it } from 'vitest';
import type { Served } from '../history.ts';
import { Picture } from '../testing/picture.ts';

const logs = ['balancer', 'app-1', 'app-2'];

const served = (
  picture: Picture,
  source: string,
  instance: string,
  request = `test-${picture.ids}`,
): Served => ({
  type: 'served',
  source,
  kind: source === 'balancer' ? 'balancer' : 'instance',
  request,
  instance,
  status: 200,
});

/** One write on app-1, then what the logs say of it. */
const told = (entries: [source: string, instance: string][], run = { logs }) => {
  const picture = new Picture(run);
  picture.session('s1', 'alice').write('a', 'app-1');
  picture.add(...entries.map(([source, instance]) => served(picture, source, instance))).finish();
  return picture.verdict('evidence');
};

describe('evidence', () => {
  it('is unknown without logs, without entries, and with entries missing', () => {
    expect(told([], { logs: [] }).why).toContain('only the responses');
    expect(told([]).why).toContain('no request was found');
    const some = new Picture({ logs });
    const session = some.session('s1', 'alice').write('a', 'app-1');
    some.add(served(some, 'balancer', 'app-1'), served(some, 'app-1', 'app-1'));
    session.write('b', 'app-2');
    expect(some.finish().verdict('evidence').why).toBe('1 answered request of 2 are missing in a log');
  });

  it('is valid when all three agree, whatever the order in which they tell', () => {
    expect(
      told([
        ['balancer', 'app-1'],
        ['app-1', 'app-1'],
      ]),
    ).toMatchObject({
      judgement: 'valid',
      rests: { requests: 1, sources: 3 },
    });
    const early = new Picture({ logs });
    early.add(served(early, 'app-1', 'app-1', 'test-1'), served(early, 'balancer', 'app-1', 'test-1'));
    early.session('s1', 'alice').write('a', 'app-1');
    expect(early.finish().verdict('evidence').judgement).toBe('valid');
  });

  it('is violated when the header lies', () => {
    const verdict = told([
      ['balancer', 'app-2'],
      ['app-2', 'app-2'],
    ]);
    expect(verdict.anomalies[0]?.summary).toBe(
      'the response says app-1, the balancer log says app-2, the log of app-2 says app-2',
    );
  });

  it('is violated when a write was served twice, also when the second entry comes late', () => {
    expect(
      told([
        ['app-1', 'app-1'],
        ['app-2', 'app-2'],
        ['balancer', 'app-1'],
      ]).judgement,
    ).toBe('violated');
    const late = told([
      ['balancer', 'app-1'],
      ['app-1', 'app-1'],
      ['app-2', 'app-2'],
    ]);
    expect(late).toMatchObject({ judgement: 'violated', anomalies: [{ name: 'DISPUTED' }] });
  });

  it('leaves alone what other people sent', () => {
    const picture = new Picture({ logs });
    picture.session('s1', 'alice').write('a', 'app-1');
    picture.add(served(picture, 'balancer', 'app-1'), served(picture, 'app-1', 'app-1'));
    picture.add(served(picture, 'app-2', 'app-2', 'health-check'));
    expect(picture.finish().verdict('evidence').judgement).toBe('valid');
  });
});
