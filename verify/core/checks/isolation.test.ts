import { describe, expect, it } from 'vitest';
import { canaryOf } from '../canary.ts';
import { Picture, PREFIX } from '../testing/picture.ts';

const canary = (user: string, number = 1) =>
  canaryOf({ prefix: PREFIX, user, session: 's', number, random: 0.5 });
const [hers, his] = [canary('alice'), canary('bob')];

/** Two users, each with a canary in private state, each reading it. */
const two = () => {
  const picture = new Picture();
  const alice = picture.session('s1', 'alice').login('app-1').write(hers, 'app-1').read('app-2', [hers]);
  const bob = picture.session('s2', 'bob').login('app-2').write(his, 'app-2').read('app-1', [his]);
  return { picture, alice, bob, verdict: () => picture.verdict('isolation') };
};

describe('isolation', () => {
  it('is unknown of nothing, of one user, and of two who planted nothing', () => {
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

  it('is valid when each sees only what is its own', () => {
    expect(two().verdict()).toMatchObject({
      judgement: 'valid',
      rests: { users: 2, 'users with canaries': 2 },
    });
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

  it('is violated by a session id that two users are given, and not by one given again to the same user', () => {
    const cookies = [{ name: 'sid', change: 'set' as const, label: '0123' }];
    const shared = two();
    shared.alice.read('app-1', [hers], { cookies });
    shared.bob.read('app-1', [his], { cookies });
    expect(shared.verdict()).toMatchObject({ judgement: 'violated', violations: 1 });
    const same = two();
    same.alice.read('app-1', [hers], { cookies }).read('app-2', [hers], { cookies });
    expect(same.verdict().judgement).toBe('valid');
  });

  it('is not violated by equal cookies that say "nobody": before the login, and after the logout', () => {
    const cookies = [{ name: 'sid', change: 'set' as const, label: 'anonymous' }];
    const { picture, alice, bob, verdict } = two();
    picture.session('s3', 'alice').form('app-1', { cookies });
    picture.session('s4', 'bob').form('app-1', { cookies });
    alice.logout('app-1').read('app-2', [], { signedIn: 'out', outcome: 'fail', cookies });
    bob.logout('app-2').read('app-1', [], { signedIn: 'out', outcome: 'fail', cookies });
    expect(verdict().judgement).toBe('valid');
  });
});
