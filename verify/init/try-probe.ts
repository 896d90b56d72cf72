/** Finds a probe: tries the forms that the user allows, until one of them stores the text. */
import { randomBytes } from 'node:crypto';
import { type LoginProcedure, signIn } from './enter.ts';
import { type Inside, insideOf, type Looking, pagesOf } from './inquiry.ts';
import { type Left, leave } from './logout.ts';
import { candidates, type FoundProbe, proven } from './probe.ts';
import type { Visitor } from './visitor.ts';

/** Tries the forms. Then logs out all sessions, since the app may limit the number of sessions. */
export async function tryProbe(
  looking: Looking,
  entrance: LoginProcedure,
  {
    living,
    left,
    most,
    known,
  }: { living: Visitor[]; left: Left | undefined; most: number | undefined; known: Inside },
): Promise<FoundProbe | undefined> {
  const signedIn = async (): Promise<Visitor> => {
    const { visitor } = await signIn(entrance, looking.first);
    living.push(visitor);
    return visitor;
  };
  const out = async (visitor: Visitor): Promise<void> => {
    living.splice(living.indexOf(visitor), 1);
    if (left !== undefined) await leave(visitor, left.logout, known);
  };
  try {
    const visitor = living.at(-1) ?? (await signedIn());
    const other = async (): Promise<Visitor> => {
      if (most === 1) await out(visitor);
      return living.find(one => one !== visitor) ?? signedIn();
    };
    return await tried(looking, visitor, other, known);
  } finally {
    for (const one of [...living]) await out(one);
  }
}

async function tried(
  { options, say }: Looking,
  visitor: Visitor,
  other: () => Promise<Visitor>,
  { login, csrf, page, signedIn }: Inside,
): Promise<FoundProbe | undefined> {
  const first = await insideOf(visitor, page, signedIn);
  const paths = first.links.flatMap(({ href, words }) => {
    const path = visitor.pathOf(href, page);
    const left = /log.?out|sign.?out|delet|remov|log.?in/i.test(`${path} ${words}`);
    return path === undefined || left ? [] : [path];
  });
  const linked = await pagesOf(visitor, [...new Set(paths)].slice(0, 6), signedIn);
  const found = candidates(visitor, [first, ...linked].filter(signedIn), csrf);
  for (const candidate of found) {
    if (!(await options.mayWrite(candidate))) continue;
    const stamp = randomBytes(3).toString('hex');
    const probe = await proven(visitor, other, candidate, { csrf, headers: login.headers, stamp });
    const what = `${candidate.field} of POST ${candidate.path}, read on ${candidate.page}`;
    if (probe === 'cut') say('probe', `not ${what}: the page shows a part of a list`);
    if (probe === undefined || probe === 'cut') continue;
    say('probe', `${what}: ${probe.scope === 'user' ? "shared by the user's sessions" : 'of the session'}`);
    return probe;
  }
  const names = found.map(({ path, field }) => `${field} of POST ${path}`).join(', ');
  say('probe', found.length === 0 ? 'no form is safe to write to' : `none; --probe would try ${names}`);
  return undefined;
}
