import { describe, expect, it } from 'vitest';
import type { CookieAttributes } from '../history/history.ts';
import { Picture, type SessionPicture, type Shown } from '../testing/picture.ts';

const LAX: CookieAttributes = {
  httpOnly: true,
  secure: false,
  sameSite: 'lax',
  path: '/',
  bytes: 90,
  bits: 128,
};
const sets = (attributes: CookieAttributes): Shown => ({
  cookies: [{ name: 'sid', change: 'set', label: 'a', attributes }],
});
const refused: Shown = { outcome: 'fail', status: 403, signedIn: undefined };

interface Release {
  /** The response to a form on a page from before the deploy, or a function that gets the session's number. */
  form?: Shown | ((session: number) => Shown);
  /** True if the client sends the old form a second time. */
  retried?: boolean;
  /** The attributes of the cookie that logins after the deploy set. */
  login?: CookieAttributes;
  /** The response of the first page to new sessions (`fresh`), and of a further page to all sessions (`renewed`). */
  fresh?: Shown;
  renewed?: Shown;
  /** The response of a page before the deploy. */
  before?: Shown;
  /** The response of the page /profile to sessions from before the deploy. */
  profile?: Shown;
  sessions?: number;
}

/**
 * Builds sessions that begin before a deploy, and sessions that begin after it. All sessions read and write after the
 * deploy.
 */
function deployed(release: Release): Picture {
  const { form, retried, login = LAX, fresh, renewed, before, profile, sessions = 15 } = release;
  const picture = new Picture({ claims: ['instances-agree'] });
  const older = Array.from({ length: sessions }, (_, i) =>
    picture
      .session(`old${i}`, 'alice')
      .login('app-1', sets(LAX))
      .asks('app-1', { signedIn: 'in', sawUser: 'alice', ...before }),
  );
  picture.wait(1_000_000).disturb(1, 'rolling-deploy').wait(1_000_000).heal(1).wait(1_000_000);
  const page = (session: SessionPicture, shown: Shown): SessionPicture =>
    session.asks('app-3', { signedIn: 'in', sawUser: 'alice', ...shown });
  const uses = (session: SessionPicture, i: number, shown: Shown = {}): void => {
    for (const more of [renewed ?? {}, { path: '/profile', ...shown }, {}]) page(session, more);
    session.write(`v${i}`, 'app-3').ended();
  };
  for (const [i, old] of older.entries()) {
    const young = picture.session(`new${i}`, 'alice').login('app-3', sets(login));
    uses(page(young, fresh ?? {}), i + 100);
    old.write(`form${i}`, 'app-3', typeof form === 'function' ? form(i) : form);
    if (retried) old.write(`form${i}`, 'app-3');
    uses(old, i, profile);
  }
  return picture;
}

const outdated = (release: Release): string[] => names(deployed(release));

const names = (picture: Picture): string[] =>
  picture
    .verdict('instances-agree')
    .anomalies.filter(({ name }) => name === 'OUTDATED')
    .map(({ summary }) => summary);

describe('sessions from before a fault', () => {
  it('may have the same pages, forms and cookies as new ones', () => {
    expect(outdated({})).toEqual([]);
    const { rests } = deployed({}).verdict('instances-agree');
    expect(rests).toMatchObject({ 'sessions from before a fault': 15, 'forms from before a fault': 15 });
    // An app accepts a form once, so a second request with it proves nothing.
    expect(deployed({ retried: true }).verdict('instances-agree').rests).toEqual({
      ...rests,
      responses: expect.any(Number),
    });
  });

  it('must not have their forms refused', () => {
    expect(outdated({ form: refused })).toEqual([
      'forms from before the fault get 403 after it, in 15 of 15 sessions',
    ]);
    const { anomalies } = deployed({ form: refused }).verdict('instances-agree');
    const anomaly = anomalies.find(({ name }) => name === 'OUTDATED');
    expect(anomaly?.witness.map(({ came }) => came)).toEqual([
      'a page with a form',
      '403',
      'success, with the form of a newer page',
    ]);
    expect(anomaly?.notes).toEqual([
      expect.stringMatching(/^the form was [\d.]+ s old: if the app's forms expire sooner/),
      'overlapping faults: rolling-deploy',
    ]);
  });

  it('may have forms refused if they are lost, or if the app is busy', () => {
    expect(outdated({ form: { outcome: 'fail', status: 303, signedIn: 'out' } })).toEqual([]);
    expect(outdated({ form: { outcome: 'fail', status: 409, signedIn: undefined } })).toEqual([]);
    expect(outdated({ form: refused, sessions: 2 })).toEqual([]);
  });

  it('may have half of their forms refused, and no more', () => {
    const allowed = (accepted: number): string[] =>
      outdated({ form: session => (session < accepted ? {} : refused), sessions: 6 });
    expect(allowed(3)).toEqual([]);
    expect(allowed(2)).toEqual(['forms from before the fault get 403 after it, in 4 of 6 sessions']);
  });

  it('may have a write refused for which they got no page', () => {
    const picture = new Picture({ claims: ['instances-agree'] });
    const older = Array.from({ length: 5 }, (_, i) => picture.session(`old${i}`, 'alice').login('app-1'));
    picture.wait(1_000_000).disturb(1, 'rolling-deploy').wait(1_000_000).heal(1).wait(1_000_000);
    picture.session('new', 'alice').login('app-1').read('app-1');
    for (const old of older) old.write('a', 'app-1', refused).read('app-1').write('b', 'app-1');
    expect(names(picture)).toEqual([]);
  });

  it('may have a form refused once, if the same form is accepted later', () => {
    expect(outdated({ form: refused, retried: true })).toEqual([]);
    expect(deployed({ form: refused, retried: true }).verdict('instances-agree').rests).toMatchObject({
      'forms from before a fault': 15,
    });
  });

  it('have a refused form that counts once, when a form of a newer page is accepted', () => {
    const picture = new Picture({ claims: ['instances-agree'] });
    const older = Array.from({ length: 5 }, (_, i) =>
      picture.session(`old${i}`, 'alice').login('app-1').read('app-1'),
    );
    picture.wait(1_000_000).disturb(1, 'rolling-deploy').wait(1_000_000).heal(1).wait(1_000_000);
    picture.session('new', 'alice').login('app-1').read('app-1').write('n', 'app-1');
    for (const old of older) {
      old.write('a', 'app-1', refused);
      for (let n = 0; n < 3; n++) old.read('app-1').write(`b${n}`, 'app-1');
    }
    expect(names(picture)).toEqual(['forms from before the fault get 403 after it, in 5 of 5 sessions']);
  });

  it('may have forms refused that are refused on new pages too', () => {
    const picture = deployed({ form: refused });
    for (let i = 0; i < 60; i++) {
      const session = picture.session(`more${i}`, 'alice').login('app-3', sets(LAX)).read('app-3');
      for (let n = 0; n < 3; n++) session.write(`refused${i}-${n}`, 'app-3', refused);
      session.read('app-3').write(`more${i}`, 'app-3').ended();
    }
    expect(names(picture)).toEqual([]);
  });

  it('may get errors in the recovery time of the fault, and until a new session is served', () => {
    const broken: Shown = { outcome: 'fail', status: 500, signedIn: undefined };
    const recovering = (seconds: number): Picture => {
      const budgets = { recovery: seconds * 1_000_000 };
      const picture = new Picture({ claims: ['instances-agree'], declared: { budgets } });
      const older = Array.from({ length: 15 }, (_, i) =>
        picture.session(`old${i}`, 'alice').login('app-1').read('app-1'),
      );
      picture.wait(1_000_000).disturb(1, 'kill').wait(1_000_000).heal(1).wait(1_000_000);
      if (seconds > 0) picture.session('first', 'alice').login('app-1').read('app-1');
      for (const [i, old] of older.entries()) old.asks('app-1', broken).write(`a${i}`, 'app-1', broken);
      picture.wait(20_000_000);
      for (const [i, old] of older.entries()) {
        if (i > 10) old.read('app-1').write(`b${i}`, 'app-1');
        picture.session(`new${i}`, 'alice').login('app-1').read('app-1').ended();
      }
      return picture;
    };
    expect(names(recovering(10))).toEqual([]);
    expect(names(recovering(0))).toEqual([]);
  });

  it('must not keep cookies that new sessions get otherwise', () => {
    const strict = sets({ ...LAX, sameSite: 'strict' });
    expect(outdated({ fresh: strict })).toEqual([
      'the cookie sid of sessions from before the fault differs from that of new sessions: SameSite lax against SameSite strict',
    ]);
    expect(outdated({ login: { ...LAX, sameSite: 'strict' } })).toHaveLength(1);
    expect(outdated({ fresh: strict, renewed: strict })).toEqual([]);
    expect(outdated({ fresh: strict, sessions: 2 })).toEqual([]);
  });

  it('may have cookies that vary', () => {
    const strict = sets({ ...LAX, sameSite: 'strict' });
    const varying = deployed({ fresh: strict });
    for (let i = 0; i < 5; i++)
      varying.session(`more${i}`, 'alice').login('app-3', sets(LAX)).read('app-3').ended();
    expect(names(varying)).toEqual([]);
  });

  it('may have the cookies of a renewal, if a login sets others before the fault too', () => {
    const renewal = sets({ ...LAX, lifetime: 3600 });
    expect(outdated({ before: renewal })).toEqual([]);
    expect(outdated({ renewed: renewal })).toEqual([]);
  });

  it('must not be refused on a page that serves new ones', () => {
    expect(outdated({ profile: refused })).toEqual([
      'after the fault, read /profile gets 403 in 15 of 15 sessions from before it, and in 0 of 15 new ones',
    ]);
    expect(
      outdated({ profile: { outcome: 'ok', status: 303, note: '303 to /region', signedIn: undefined } }),
    ).toEqual([
      'after the fault, read /profile gets 303 to /region in 15 of 15 sessions from before it, and in 0 of 15 new ones',
    ]);
    expect(outdated({ profile: refused, sessions: 5 })).toEqual([]);
    const { anomalies } = deployed({ profile: refused }).verdict('instances-agree');
    const anomaly = anomalies.find(({ name }) => name === 'OUTDATED');
    expect(anomaly?.witness.map(({ operation, came }) => [operation.session, came])).toEqual([
      ['old0', 'a session from before the fault'],
      ['old0', '403'],
    ]);
  });

  it('must not be refused on a page far more often than new ones', () => {
    const picture = deployed({ profile: refused });
    for (let i = 0; i < 5; i++) {
      const young = picture.session(`more${i}`, 'alice').login('app-3', sets(LAX));
      young.asks('app-3', { path: '/profile', ...refused }).ended();
    }
    expect(names(picture)).toEqual([
      'after the fault, read /profile gets 403 in 15 of 15 sessions from before it, and in 5 of 20 new ones',
    ]);
  });

  it('count only if the app honours them after the fault', () => {
    const errors: Shown = { outcome: 'fail', status: 500, signedIn: undefined };
    const picture = new Picture({ claims: ['instances-agree'] });
    const old = picture.session('old', 'alice').login('app-1').read('app-1');
    picture.wait(1_000_000).disturb(1, 'rolling-deploy').wait(1_000_000).heal(1).wait(1_000_000);
    const count = () => picture.verdict('instances-agree').rests['sessions from before a fault'];
    old.asks('app-1', errors);
    expect(count()).toBeUndefined();
    old.read('app-1').read('app-1');
    expect(count()).toBe(1);
  });

  it('count once for a page, however many requests they send', () => {
    const picture = new Picture({ claims: ['instances-agree'] });
    const old = picture.session('old', 'alice').login('app-1');
    picture.wait(1_000_000).disturb(1, 'rolling-deploy').wait(1_000_000).heal(1).wait(1_000_000);
    const young = picture.session('young', 'bob').login('app-1').read('app-1');
    for (let i = 0; i < 40; i++) {
      old.asks('app-1', { ...refused, path: '/admin' });
      young.asks('app-1', { path: '/admin', signedIn: 'in' });
    }
    expect(names(picture)).toEqual([]);
  });
});
