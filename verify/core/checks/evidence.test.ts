import { describe, expect, it } from 'vitest';
import type { Served } from '../history/history.ts';
import { Picture, type SessionPicture, type Shown } from '../testing/picture.ts';
import { stories, verdictText as textOf } from '../testing/verdict-text.ts';

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

/** Builds a history with one write on app-1, and with the given entries for this write in the logs. */
const verdictOf = (entries: [source: string, instance: string][], run = { logs }) => {
  const picture = new Picture(run);
  picture.session('s1', 'alice').write('a', 'app-1');
  picture.add(...entries.map(([source, instance]) => served(picture, source, instance))).finish();
  return picture.verdict('evidence');
};

describe('evidence', () => {
  it('is unknown without logs, without entries, and with entries missing', () => {
    expect(verdictOf([], { logs: [] }).why).toContain('only the responses');
    expect(verdictOf([]).why).toContain('no request was found');
    const some = new Picture({ logs });
    const session = some.session('s1', 'alice').write('a', 'app-1');
    some.add(served(some, 'balancer', 'app-1'), served(some, 'app-1', 'app-1'));
    session.write('b', 'app-2');
    expect(some.finish().verdict('evidence').why).toBe('1 request of 2 with a response are missing in a log');
  });

  it('is valid if all three agree, in whatever order their entries come', () => {
    expect(
      verdictOf([
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
    const verdict = verdictOf([
      ['balancer', 'app-2'],
      ['app-2', 'app-2'],
    ]);
    expect(verdict.anomalies[0]?.summary).toBe(
      'the response says app-1, the balancer log says app-2, the log of app-2 says app-2',
    );
  });

  it('is violated when a write was served twice, also when the second entry comes late', () => {
    expect(
      verdictOf([
        ['app-1', 'app-1'],
        ['app-2', 'app-2'],
        ['balancer', 'app-1'],
      ]).judgement,
    ).toBe('violated');
    const late = verdictOf([
      ['balancer', 'app-1'],
      ['app-1', 'app-1'],
      ['app-2', 'app-2'],
    ]);
    expect(late).toMatchObject({ judgement: 'violated', anomalies: [{ name: 'DISPUTED' }] });
  });

  it('ignores the requests of other clients', () => {
    const picture = new Picture({ logs });
    picture.session('s1', 'alice').write('a', 'app-1');
    picture.add(served(picture, 'balancer', 'app-1'), served(picture, 'app-1', 'app-1'));
    picture.add(served(picture, 'app-2', 'app-2', 'health-check'));
    expect(picture.finish().verdict('evidence').judgement).toBe('valid');
  });

  it('shows the disagreement, and how many requests and sources it rests on', () => {
    const good = [
      ['balancer', 'app-1'],
      ['app-1', 'app-1'],
    ] as [string, string][];
    expect(textOf(verdictOf(good))).toMatchInlineSnapshot(`
      "valid
      header and logs agree on all 1 request
      rests on requests 1, sources 3"
    `);
    expect(textOf(verdictOf([...good, ['app-2', 'app-2']]))).toMatchInlineSnapshot(`
      "violated, 1
      the sources disagree on 1 request
      rests on requests 1, sources 3
      DISPUTED evidence: request test-1 was served a second time, by app-2"
    `);
    expect(textOf(verdictOf([['balancer', 'app-2']], { logs: ['balancer'] }))).toMatchInlineSnapshot(`
      "violated, 1
      the sources disagree on 1 request
      rests on requests 1, sources 2
      DISPUTED evidence s1 alice: the response says app-1, the balancer log says app-2
        #1 add a on app-1: expected all sources name the same instance, which served the request once; came the response says app-1, the balancer log says app-2"
    `);
    expect(textOf(verdictOf([['app-1', 'app-1']], { logs: ['app-1'] }))).toMatchInlineSnapshot(`
      "valid
      header and logs agree on all 1 request
      rests on requests 1, sources 2"
    `);
    expect(textOf(verdictOf([['app-1', 'app-1']]))).toMatchInlineSnapshot(`
      "unknown
      why: no request was found in the logs: let balancer and instances log the header X-Request-Id
      rests on requests 0, sources 3"
    `);
    expect(textOf(verdictOf(good, { logs: [] }))).toMatchInlineSnapshot(`
      "unknown
      why: only the responses name their instance: no log of the balancer or of an instance was read
      rests on requests 0, sources 1"
    `);
  });

  it('allows a read to be served twice, and reports any other such request', () => {
    const twice = (draw: (session: SessionPicture) => void) => {
      const picture = new Picture({ logs });
      draw(picture.session('s1', 'alice'));
      for (const [source, instance] of [
        ['app-1', 'app-1'],
        ['app-2', 'app-2'],
        ['balancer', 'app-2'],
      ] as const)
        picture.add(served(picture, source, instance));
      return stories(picture.finish().verdict('evidence'));
    };
    expect(twice(s => void s.read('app-2'))).toBe('');
    expect(twice(s => void s.form('app-2'))).toBe('');
    expect(twice(s => void s.login('app-2'))).toMatchInlineSnapshot(`
      "DISPUTED evidence s1 alice: one login was served twice: by app-1 and app-2
        #1 login on app-2: expected all sources name the same instance, which served the request once; came one login was served twice: by app-1 and app-2"
    `);
  });

  it('misses no entry of a request without a response, or that the balancer itself refused', () => {
    const missing = (shown: Shown) => {
      const picture = new Picture({ logs });
      const session = picture.session('s1', 'alice').write('a', 'app-1');
      picture.add(served(picture, 'balancer', 'app-1'), served(picture, 'app-1', 'app-1'));
      session.write('b', 'app-1', shown);
      return picture.finish().verdict('evidence').why;
    };
    expect(missing({})).toBe('1 request of 2 with a response are missing in a log');
    expect(missing({ outcome: 'info', status: undefined })).toBeUndefined();
    expect(missing({ outcome: 'info', status: 502, instance: undefined })).toBeUndefined();
    expect(missing({ outcome: 'info', status: 500, instance: undefined })).toBeUndefined();
    expect(missing({ outcome: 'fail', status: 499, instance: undefined })).toBeDefined();
    expect(missing({ outcome: 'info', status: 502 })).toBeDefined();
  });

  it('misses no entry of an instance that is killed within a second: it loses the last lines of its log', () => {
    const killed = (after: number) => {
      const picture = new Picture({ logs });
      picture.session('s1', 'alice').write('a', 'app-1').write('b', 'app-1');
      picture.add(
        served(picture, 'balancer', 'app-1', 'test-1'),
        served(picture, 'app-1', 'app-1', 'test-1'),
      );
      picture.add(served(picture, 'balancer', 'app-1', 'test-2')).wait(after);
      return picture.disturb(1, 'kill', { where: 'app-1' }).heal(1).finish().verdict('evidence').why;
    };
    expect(killed(900_000)).toBeUndefined();
    expect(killed(1_100_000)).toBe('1 request of 2 with a response are missing in a log');
  });

  it('reports a request that an instance served again, but not in a history that was cut off', () => {
    const again = (draw: (picture: Picture) => void) => {
      const picture = new Picture({ logs });
      picture.session('s1', 'alice').write('a', 'app-1');
      picture.add(served(picture, 'balancer', 'app-1'), served(picture, 'app-1', 'app-1'));
      draw(picture);
      return textOf(picture.verdict('evidence'));
    };
    expect(again(p => p.add(served(p, 'app-2', 'app-2')).finish())).toMatchInlineSnapshot(`
      "violated, 1
      the sources disagree on 1 request
      rests on requests 1, sources 3
      DISPUTED evidence: request test-1 was served a second time, by app-2"
    `);
    expect(again(p => p.add(served(p, 'app-2', 'app-2')))).toContain('valid');
    expect(again(p => p.add(served(p, 'balancer', 'app-2')).finish())).toContain('valid');
    expect(
      again(p =>
        p.add(served(p, 'app-2', 'app-2', 'test-9'), served(p, 'balancer', 'app-2', 'test-9')).finish(),
      ),
    ).toContain('valid');
  });

  it('allows the client to resend a read after a closed connection, with or without a log entry of the first', () => {
    const resent = (...entries: (readonly [source: string, instance: string])[]) => {
      const kinds = ['balancer', 'app-1', 'app-2'].filter(log => entries.some(([source]) => source === log));
      const picture = new Picture({ logs: kinds });
      picture.session('s1', 'alice').read('app-2', [], { resent: true });
      picture.add(...entries.map(([source, instance]) => served(picture, source, instance)));
      return picture.finish().verdict('evidence').judgement;
    };
    expect(resent(['app-2', 'app-2'])).toBe('valid');
    expect(resent(['app-1', 'app-1'], ['app-2', 'app-2'])).toBe('valid');
    expect(resent(['balancer', 'app-1'], ['balancer', 'app-2'])).toBe('valid');
  });

  it('allows the balancer to resend a read, in any order of log entries, also if an instance logs nothing', () => {
    const sentOn = (action: 'read' | 'add', ...order: ('app-1' | 'app-2' | 'balancer' | 'response')[]) => {
      const picture = new Picture({ logs });
      const tried = ['app-1', 'app-2'];
      for (const who of order) {
        if (who === 'balancer') picture.add({ ...served(picture, who, 'app-2', 'test-1'), tried });
        else if (who !== 'response') picture.add(served(picture, who, who, 'test-1'));
        else if (action === 'read') picture.session('s1', 'alice').read('app-2');
        else picture.session('s1', 'alice').write('a', 'app-2');
      }
      return textOf(picture.finish().verdict('evidence'));
    };
    for (const order of [
      ['app-1', 'response', 'balancer', 'app-2'],
      ['app-1', 'balancer', 'app-2', 'response'],
      ['response', 'app-2', 'balancer', 'app-1'],
      ['response', 'app-2', 'balancer'],
      ['response', 'balancer', 'app-1'],
    ] as const)
      expect(sentOn('read', ...order), order.join()).toBe(
        'valid\nheader and logs agree on all 1 request\nrests on requests 1, sources 3',
      );
    expect(sentOn('read', 'response', 'balancer')).toContain('no request was found in the logs');
    expect(sentOn('add', 'app-1', 'response', 'balancer', 'app-2')).toMatchInlineSnapshot(`
      "violated, 1
      the sources disagree on 1 request
      rests on requests 1, sources 3
      DISPUTED evidence s1 alice: one add was served twice: by app-1 and app-2
        #1 add a on app-2: expected all sources name the same instance, which served the request once; came one add was served twice: by app-1 and app-2"
    `);
    expect(sentOn('add', 'response', 'balancer', 'app-2')).toContain('valid');
  });
});
