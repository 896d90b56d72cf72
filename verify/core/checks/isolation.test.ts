import { describe, expect, it } from 'vitest';
import { canaryOf, sharedPrefix } from '../history/canary.ts';
import { FIGURES } from '../sums/figures.ts';
import { Picture, PREFIX, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';
import { Judge } from '../timeline/judge.ts';
import { isolation } from './isolation.ts';

const canary = (user: string, number = 1) =>
  canaryOf({ prefix: PREFIX, user, session: 's', number, random: 0.5 });
const [hers, his] = [canary('alice'), canary('bob')];

/** Builds two users. Each writes a canary to private state, and reads it. */
const two = () => {
  const picture = new Picture();
  const alice = picture.session('s1', 'alice').login('app-1').write(hers, 'app-1').read('app-2', [hers]);
  const bob = picture.session('s2', 'bob').login('app-2').write(his, 'app-2').read('app-1', [his]);
  return { picture, alice, bob, verdict: () => picture.verdict('isolation') };
};

describe('isolation', () => {
  it('is unknown for an empty history, for one user, and for two users without canaries', () => {
    expect(new Picture().verdict('isolation').judgement).toBe('unknown');
    const one = new Picture();
    one.session('s1', 'alice').login('app-1').write(hers, 'app-1').hops(50, [hers]);
    expect(one.verdict('isolation')).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('two accounts'),
    });
    const bare = new Picture();
    bare.session('s1', 'alice').login('app-1').hops(5);
    bare.session('s2', 'bob').login('app-1').hops(5);
    expect(bare.verdict('isolation')).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('probe'),
    });
  });

  it('is decided by the names on the pages if the run writes nothing', () => {
    const bare = (change?: { sawUser: string }) => {
      const picture = new Picture();
      picture.session('s1', 'alice').login('app-1').hops(10);
      const bob = picture.session('s2', 'bob').login('app-1').hops(10);
      if (change !== undefined) bob.read('app-2', undefined, change);
      return picture.verdict('isolation');
    };
    expect(bare()).toMatchObject({
      judgement: 'valid',
      finding: 'at most 14 % of responses name another user',
    });
    expect(bare({ sawUser: 'alice' }).judgement).toBe('violated');
  });

  it('is valid if each user sees only their own data', () => {
    expect(two().verdict()).toMatchObject({
      judgement: 'valid',
      rests: { users: 2, 'users with canaries': 2 },
    });
  });

  it('is not violated by data that all users share, which is no evidence either', () => {
    const picture = new Picture();
    const [one, other] = ['alice', 'bob'].map((user, i) => {
      const prefix = sharedPrefix(PREFIX);
      return {
        session: picture.session(`s${i + 1}`, user).login('app-1'),
        value: canaryOf({ prefix, user, session: `s${i + 1}`, number: 1, random: 0.5 }),
      };
    }) as [{ session: SessionPicture; value: string }, { session: SessionPicture; value: string }];
    one.session.write(one.value, 'app-1');
    other.session.write(other.value, 'app-2').read('app-1', [one.value, other.value]);
    one.session.read('app-2', [one.value, other.value]);
    for (const event of picture.events) if ('object' in event) Object.assign(event, { object: 'board@*' });
    expect(picture.verdict('isolation')).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(picture.verdict('linearizability').violations).toBe(0);
    one.session.remove(one.value, 'app-1');
    other.session.write('late', 'app-2').read('app-1', [other.value]);
    for (const event of picture.events) if ('object' in event) Object.assign(event, { object: 'board@*' });
    expect(picture.verdict('read-your-writes').violations).toBe(1);
  });

  it('is decided by values that registers are set to', () => {
    const picture = new Picture();
    const alice = picture
      .session('s1', 'alice')
      .login('app-1')
      .change('set', hers, 'app-1')
      .read('app-2', [hers]);
    const bob = picture.session('s2', 'bob').login('app-2').change('set', his, 'app-2').read('app-1', [his]);
    for (const name of ['s1', 's2'])
      picture.events.unshift({ type: 'object', object: `basket@${name}`, kind: 'register' });
    expect(picture.verdict('isolation')).toMatchObject({ judgement: 'valid', violations: 0 });
    bob.read('app-1', [hers]);
    alice.read('app-1', [hers]);
    expect(picture.verdict('isolation')).toMatchObject({ judgement: 'violated', violations: 1 });
  });

  it("is violated by another's canary in the state or anywhere else, and by another's name", () => {
    const state = two();
    state.bob.read('app-1', [his, hers]);
    expect(state.verdict().anomalies[0]).toMatchObject({ name: 'BLEED', user: 'bob' });
    expect(state.verdict().anomalies[0]?.witness.map(step => step.operation.user)).toEqual(['alice', 'bob']);
    const elsewhere = two();
    elsewhere.bob.write('x', 'app-1', { outcome: 'fail', status: 409, canaries: [hers] });
    expect(elsewhere.verdict().judgement).toBe('violated');
    const name = two();
    name.bob.read('app-1', [his], { sawUser: 'alice' });
    expect(name.verdict().anomalies[0]?.summary).toBe('a response to bob shows that alice is signed in');
  });

  it('leaves a changed cookie that signs in as another user to the check of forgery', () => {
    const { verdict, alice } = two();
    alice.honours('forged', 'app-1', { change: 'content of another session', sawUser: 'bob' });
    expect(verdict().judgement).toBe('valid');
  });

  it('is violated by a session id that two users get, and not by one that a user gets again', () => {
    const cookies = [{ name: 'sid', change: 'set' as const, label: '0123' }];
    const shared = two();
    const other = [{ name: 'sid', change: 'set' as const, label: 'other' }];
    shared.picture.session('s3', 'carol').login('app-1', { cookies: other });
    shared.alice.read('app-1', [hers], { cookies });
    shared.bob.read('app-1', [his], { cookies });
    expect(shared.verdict()).toMatchObject({ judgement: 'violated', violations: 1 });
    const same = two();
    same.alice.read('app-1', [hers], { cookies }).read('app-2', [hers], { cookies });
    expect(same.verdict().judgement).toBe('valid');
  });

  it('is not violated by equal cookies that mean "signed out", before the login and after the logout', () => {
    const cookies = [{ name: 'sid', change: 'set' as const, label: 'anonymous' }];
    const { picture, alice, bob, verdict } = two();
    const third = picture.session('s3', 'alice').form('app-1', { cookies });
    const fourth = picture.session('s4', 'bob').form('app-1', { cookies });
    for (const session of [third, fourth])
      session.login('app-1', { cookies: [{ name: 'sid', change: 'set', label: session.name }] });
    alice.logout('app-1').read('app-2', [], { signedIn: 'out', outcome: 'fail', cookies });
    bob.logout('app-2').read('app-1', [], { signedIn: 'out', outcome: 'fail', cookies });
    expect(verdict().judgement).toBe('valid');
  });

  it('reports if both users used one browser, one after the other', () => {
    const at = (client: string) => {
      const { picture, verdict } = two();
      picture.session(client, 'bob').login('app-1').read('app-1', [his, hers]);
      return verdict().anomalies[0]?.notes;
    };
    // A client has the name of its first session, and a canary contains the name of the session that wrote it.
    expect(at('s')).toEqual([expect.stringContaining('alice had logged out of the same browser')]);
    expect(at('s3')).toEqual([]);
  });

  it('mentions late responses if the cookies of a browser that another session had used show its user', () => {
    const notes = (more: object) => {
      const { bob, verdict } = two();
      bob.read('app-1', [], { sawUser: 'alice', ...more });
      return verdict().anomalies[0]?.notes;
    };
    const shared = notes({ with: 'old', client: 's1' });
    expect(shared).toEqual([
      expect.stringMatching(/alice had logged out .* arrived after this login may have set/),
    ]);
    expect([notes({ with: 'old' }), notes({ client: 's1' })]).toEqual([[], []]);
  });

  it('shows the write of the private value, and counts the responses', () => {
    const { picture, alice, bob, verdict } = two();
    // Most of these responses prove nothing, because they show neither state nor the name of a user.
    bob.asks('app-1').write('x', 'app-2').write('y', 'app-1', { outcome: 'fail', status: 409 });
    alice.read('app-1', [hers, 'no canary', `${PREFIX}-but-not-one`]);
    bob.read('app-2', [hers]).read('app-1', [], { sawUser: 'alice', saw: [hers] });
    picture
      .session('s3', 'carol')
      .login('app-1')
      .read('app-1', [canary('dave')]);
    expect(verdictText(verdict())).toMatchInlineSnapshot(`
      "violated, 3
      3 responses of 6 responses showed another user's data
      rests on responses 6, users 3, users with canaries 2, session ids 0
      BLEED isolation s2 bob: a response to bob shows "bcanary.alice.s.1.i0000000", private to alice
        #2 add bcanary.alice.s.1.i0000000 on app-1: alice put private values there
        #11 read on app-2: expected only what belongs to bob; came shows "bcanary.alice.s.1.i0000000", private to alice
      BLEED isolation s2 bob: a response to bob shows that alice is signed in
        #2 add bcanary.alice.s.1.i0000000 on app-1: alice put private values there
        #12 read on app-1: expected only what belongs to bob; came shows that alice is signed in
      BLEED isolation s3 carol: a response to carol shows "bcanary.dave.s.1.i0000000", private to dave
        #14 read on app-1: expected only what belongs to carol; came shows "bcanary.dave.s.1.i0000000", private to dave"
    `);
  });

  it('shows the user that planted a canary: the first acknowledged one of each session', () => {
    const picture = new Picture();
    const alice = picture.session('s1', 'alice').login('app-1');
    alice.write('plain', 'app-1').write(canary('alice', 1), 'app-2', { outcome: 'info', status: 504 });
    alice.write(canary('bob', 9), 'app-2').remove(canary('alice', 2), 'app-1').change('clear', '', 'app-1');
    alice.read('app-1', []);
    const bob = picture.session('s2', 'bob').login('app-1').write(his, 'app-1').read('app-1', [his]);
    expect(picture.verdict('isolation').rests).toMatchObject({ 'users with canaries': 1 });
    expect(picture.verdict('isolation').why).toContain('accepted private values of 1 user');
    alice.write(canary('alice', 3), 'app-1').write(canary('alice', 4), 'app-2').ended();
    picture.session('s3', 'alice').login('app-1').write(canary('alice', 5), 'app-2').write(hers, 'app-1');
    bob.read('app-2', [hers]);
    expect(stories(picture.verdict('isolation'))).toMatchInlineSnapshot(`
      "BLEED isolation s2 bob: a response to bob shows "bcanary.alice.s.1.i0000000", private to alice
        #14 add bcanary.alice.s.5.i0000000 on app-2: alice put private values there
        #16 read on app-2: expected only what belongs to bob; came shows "bcanary.alice.s.1.i0000000", private to alice"
    `);
  });

  it('reports the users that got the same session id, at the login or later', () => {
    const cookie = (label?: string) => [{ name: 'sid', change: 'set' as const, ...(label && { label }) }];
    const { picture, alice, verdict } = two();
    picture.session('s0', 'alice').login('app-1', { cookies: cookie('two') });
    picture.session('s3', 'carol').login('app-1', { cookies: cookie('one') });
    picture.session('s4', 'dave').login('app-2', { cookies: cookie('one') });
    // Neither a failed login nor a response that sets a cookie without a value issues a session id.
    picture.session('s5', 'eve').login('app-2', { cookies: cookie('one'), outcome: 'fail', signedIn: 'out' });
    alice.read('app-1', [], { cookies: cookie() });
    picture.session('s6', 'fred').login('app-1', { cookies: cookie() });
    expect(verdictText(verdict())).toMatchInlineSnapshot(`
      "violated, 1
      1 response of 3 responses showed another user's data
      rests on responses 3, users 2, users with canaries 2, session ids 2
      BLEED isolation s4 dave: a response to dave sets the cookie sid to a value that carol was given
        #8 login on app-1: set sid for carol
        #9 login on app-2: expected a sid of its own; came set sid to the same value"
    `);
  });

  it('counts users with the same session id for k6 too', () => {
    const { picture } = two();
    const cookies = (label: string) => [{ name: 'sid', change: 'set' as const, label }];
    picture.session('s0', 'alice').login('app-1', { cookies: cookies('two') });
    for (const user of ['carol', 'dave'])
      picture.session(`s-${user}`, user).login('app-1', { cookies: cookies('one') });
    const judge = new Judge(picture.run, [isolation], undefined, 'counts');
    for (const event of picture.events) judge.step(event);
    const bleed = FIGURES.find(({ metric }) => metric === 'baton_bleed');
    expect(judge.counts()[0]?.counts[bleed?.count ?? '']).toBe(1);
  });

  it('ignores cookies of responses without a session: they may be equal for all users', () => {
    const { alice, bob, verdict } = two();
    const signedOut = {
      signedIn: 'out' as const,
      outcome: 'fail' as const,
      cookies: [{ name: 'sid', change: 'set' as const, label: 'empty' }],
    };
    for (const user of [alice, bob]) user.read('app-2', [], signedOut);
    expect(verdict().violations).toBe(0);
    const again = two();
    again.picture
      .session('s3', 'carol')
      .login('app-1', { cookies: [{ name: 'sid', change: 'set', label: 'hers' }] });
    for (const user of [again.alice, again.bob]) user.read('app-2', [], { cookies: signedOut.cookies });
    expect(again.verdict().violations).toBe(1);
  });

  it('reports every such response, also if the state is the same as before', () => {
    const { bob, verdict } = two();
    bob
      .read('app-1', [his, hers])
      .read('app-2', [his, hers])
      .read('app-1', [his], { canaries: [hers] });
    bob.read('app-1', [his], { canaries: [hers] }).read('app-2', [his], { canaries: [his] });
    expect(verdict()).toMatchObject({
      violations: 4,
      finding: "4 responses of 7 responses showed another user's data",
    });
  });
});
