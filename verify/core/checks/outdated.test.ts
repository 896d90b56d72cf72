import { describe, expect, it } from 'vitest';
import type { CookieAttributes } from '../history/history.ts';
import { Picture, type SessionPicture, type Shown } from '../testing/picture.ts';

const LAX: CookieAttributes = {
  ...{ httpOnly: true, secure: false, sameSite: 'lax', path: '/', bytes: 90, bits: 128 },
};
const sets = (attributes: CookieAttributes): Shown => ({
  cookies: [{ name: 'sid', change: 'set', label: 'a', attributes }],
});
const refused: Shown = { outcome: 'fail', status: 403, signedIn: undefined };

interface Release {
  /** What the new version answers to the form of an old page. */
  form?: Shown;
  /** The cookie of new logins, and of the next request of older sessions. */
  fresh?: Shown;
  renewed?: Shown;
  /** What a page answers to older sessions. */
  profile?: Shown;
  sessions?: number;
}

/** Draws sessions from before a deploy and new ones; both read and write after it. */
function deployed({ form, fresh, renewed, profile, sessions = 15 }: Release): Picture {
  const picture = new Picture({ claims: ['instances-agree'] });
  const older = Array.from({ length: sessions }, (_, i) =>
    picture.session(`old${i}`, 'alice').login('app-1', sets(LAX)).read('app-1'),
  );
  picture.wait(1_000_000).disturb(1, 'rolling-deploy').wait(1_000_000).heal(1).wait(1_000_000);
  const page = (session: SessionPicture, shown: Shown): SessionPicture =>
    session.asks('app-3', { signedIn: 'in', sawUser: 'alice', ...shown });
  const uses = (session: SessionPicture, i: number, shown: Shown = {}): void => {
    for (const more of [renewed ?? {}, { path: '/profile', ...shown }, {}]) page(session, more);
    session.write(`v${i}`, 'app-3').ended();
  };
  for (const [i, old] of older.entries()) {
    old.write(`form${i}`, 'app-3', form);
    uses(old, i, profile);
    const young = picture.session(`new${i}`, 'alice').login('app-3', sets(LAX));
    uses(page(young, fresh ?? {}), i + 100);
  }
  return picture;
}

const outdated = (release: Release): string[] =>
  deployed(release)
    .verdict('instances-agree')
    .anomalies.filter(({ name }) => name === 'OUTDATED')
    .map(({ summary }) => summary);

describe('sessions from before a fault', () => {
  it('may have the same pages, forms and cookies as new ones', () => {
    expect(outdated({})).toEqual([]);
    const { rests } = deployed({}).verdict('instances-agree');
    expect(rests).toMatchObject({ 'sessions from before a fault': 15, 'forms from before a fault': 15 });
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
    expect(anomaly?.notes).toEqual(['overlapping faults: rolling-deploy']);
  });

  it('may have forms refused if they are lost, or if the app is busy', () => {
    expect(outdated({ form: { outcome: 'fail', status: 303, signedIn: 'out' } })).toEqual([]);
    expect(outdated({ form: { outcome: 'fail', status: 409, signedIn: undefined } })).toEqual([]);
    expect(outdated({ form: refused, sessions: 2 })).toEqual([]);
  });

  it('must not keep cookies that new sessions get otherwise', () => {
    const strict = sets({ ...LAX, sameSite: 'strict' });
    expect(outdated({ fresh: strict })).toEqual([
      'the cookie sid of sessions from before the fault differs from that of new sessions: SameSite lax against SameSite strict',
    ]);
    expect(outdated({ fresh: strict, renewed: strict })).toEqual([]);
  });

  it('must not be refused on a page that serves new ones', () => {
    expect(outdated({ profile: refused })).toEqual([
      'after the fault, read /profile gets 403 in sessions from before it 15 of 15 times, in new ones 0 of 15 times',
    ]);
    expect(
      outdated({ profile: { outcome: 'ok', status: 303, note: '303 to /region', signedIn: undefined } }),
    ).toEqual([
      'after the fault, read /profile gets 303 to /region in sessions from before it 15 of 15 times, in new ones 0 of 15 times',
    ]);
    expect(outdated({ profile: refused, sessions: 5 })).toEqual([]);
  });
});
