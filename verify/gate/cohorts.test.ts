import { describe, expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { runLine } from '../core/testing/picture.ts';
import { Cohorts } from './cohorts.ts';
import { decide, linesOf } from './decide.ts';

const SECOND = 1_000_000;

class Story {
  readonly cohorts = new Cohorts(runLine());
  now = 0;

  #operation(session: string, cohort: string, more: Partial<Operation>): void {
    this.now += SECOND;
    this.cohorts.ended({
      type: 'op',
      id: this.now,
      clock: 'm',
      client: session,
      session,
      user: session,
      action: 'read',
      request: String(this.now),
      call: this.now - 10,
      return: this.now,
      outcome: 'ok',
      status: 200,
      cohort,
      ...more,
    } as Operation);
  }

  login(session: string, cohort: string): this {
    this.#operation(session, cohort, { action: 'login', status: 303, signedIn: 'in' });
    return this;
  }

  read(session: string, cohort: string, signedIn: 'in' | 'out' = 'in'): this {
    this.#operation(session, cohort, { signedIn, ...(signedIn === 'out' && { status: 303 }) });
    return this;
  }

  write(session: string, cohort: string, refused = false): this {
    this.#operation(session, cohort, {
      action: 'add',
      value: 'x',
      ...(refused ? { outcome: 'fail', status: 403 } : { outcome: 'ok', status: 303 }),
    });
    return this;
  }

  decide(more: Partial<Parameters<typeof decide>[1]> = {}) {
    return decide(this.cohorts, { now: this.now, window: 60 * SECOND, forms: true, violations: [], ...more });
  }
}

function healthy(): Story {
  const story = new Story()
    .login('a', 'v1')
    .login('b', 'v1')
    .read('a', 'v1')
    .write('a', 'v1')
    .read('b', 'v1');
  for (let i = 0; i < 3; i++) story.read('a', 'v1').write('a', 'v2');
  for (let i = 0; i < 12; i++) story.read('a', 'v2').read('b', 'v2');
  return story;
}

describe('a new version', () => {
  it('that honours enough sessions and forms of the old one is valid', () => {
    const { verdict, stable, canary } = healthy().decide();
    expect([verdict, stable, canary]).toEqual(['valid', 'v1', 'v2']);
    expect(linesOf(healthy().cohorts)).toEqual([
      'sessions created on v1, served by v1: 0 of 2 lost',
      'sessions created on v1, served by v2: 0 of 2 lost',
      'forms of v1, sent to v1: 0 of 1 refused',
      'forms of v1, sent to v2: 0 of 3 refused',
    ]);
  });

  it('that loses one session is violated, and no later success changes that', () => {
    const story = healthy().read('b', 'v2', 'out');
    for (let i = 0; i < 30; i++) story.read('a', 'v2');
    const { verdict, why } = story.decide();
    expect([verdict, why]).toEqual(['violated', 'sessions created on v1, served by v2: 1 of 2 lost']);
  });

  it('is blamed for a loss on its own response only', () => {
    const { why } = healthy().read('b', 'v1', 'out').decide();
    expect(why).toBe('sessions created on v1, served by v1: 1 of 2 lost');
  });

  it('that refuses the forms of the old one is violated', () => {
    const story = new Story().login('a', 'v1').read('a', 'v1').write('a', 'v1');
    for (let i = 0; i < 2; i++) story.read('a', 'v1').write('a', 'v2', true);
    expect(story.decide().verdict).toBe('unknown');
    const { verdict, why } = story.read('a', 'v1').write('a', 'v2', true).decide();
    expect([verdict, why]).toEqual(['violated', 'forms of v1, sent to v2: 3 of 3 refused']);
  });

  it('is not accused where the old one refuses its own forms too', () => {
    const story = new Story().login('a', 'v1');
    for (let i = 0; i < 5; i++)
      story.read('a', 'v1').write('a', 'v2', true).read('a', 'v1').write('a', 'v1', true);
    expect(story.decide().verdict).toBe('unknown');
  });

  it('is violated where a claimed guarantee is', () => {
    const { verdict, why } = healthy().decide({ violations: ["isolation: a page shows bob's data"] });
    expect([verdict, why]).toEqual(['violated', "isolation: a page shows bob's data"]);
  });
});

describe('too little evidence is unknown', () => {
  it.each<[string, () => ReturnType<Story['decide']>, string]>([
    ['nothing', () => new Story().decide(), 'no session was created yet'],
    [
      'one version',
      () => new Story().login('a', 'v1').read('a', 'v1').decide(),
      'only version v1 has responded so far',
    ],
    [
      'one of two sessions',
      () =>
        new Story()
          .login('a', 'v1')
          .login('b', 'v1')
          .read('a', 'v1')
          .read('b', 'v1')
          .read('a', 'v2')
          .decide(),
      'v2 has served 1 session of v1, 2 are needed',
    ],
    [
      'too few requests',
      () => new Story().login('a', 'v1').read('a', 'v1').read('a', 'v2').decide(),
      'v2 has served fewer than 20 requests of the sessions of v1 within the window',
    ],
    [
      'evidence that is too old',
      () => {
        const story = healthy();
        return story.decide({ now: story.now + 100 * SECOND });
      },
      'v2 has served fewer than 20 requests of the sessions of v1 within the window',
    ],
    [
      'no forms',
      () => {
        const story = new Story().login('a', 'v1').read('a', 'v1');
        for (let i = 0; i < 20; i++) story.read('a', 'v2');
        return story.decide();
      },
      'v2 has accepted 0 forms of v1, 3 are needed',
    ],
  ])('%s', (_what, decided, why) => {
    const { verdict, why: said } = decided();
    expect([verdict, said]).toEqual(['unknown', why]);
  });

  it('a session that v2 created says nothing about those of v1', () => {
    const story = new Story().login('a', 'v1').login('b', 'v1').read('a', 'v1').login('c', 'v2');
    for (let i = 0; i < 40; i++) story.read('c', 'v2');
    expect(story.decide().verdict).toBe('unknown');
  });
});
