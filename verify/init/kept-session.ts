/** Finds a session that stays signed in, the page that names its user, and the CSRF token. */
import { decodeHTML } from 'entities';
import { finder } from '../core/response/finding.ts';
import { UnavailableError, UsageError } from '../errors.ts';
import { type Entered, enter, type LoginProcedure, signIn } from './enter.ts';
import type { Inside, Looking } from './inquiry.ts';
import type { LoginCredentials, Token } from './login.ts';
import { isIn, type Marked, marked } from './session.ts';
import type { Alone, Signal } from './signal.ts';
import { besideToken, changingToken, fieldToken, forAllForms } from './tokens.ts';
import type { PageVisit } from './visitor.ts';
import type { LoginStart } from './way-in.ts';

interface KeptSession {
  found: Marked;
  known: Inside;
}

/**
 * Finds a session that stays signed in, and the expression for the user's name. If no session stays signed in, searches
 * again on one instance at a time (`alone` is then true), because a login may end sessions on other instances.
 *
 * @param signal how responses name their instance
 * @throws UsageError if no session stays signed in, or no page names its user
 */
export async function keptSession(
  looking: Looking,
  entrance: LoginProcedure,
  { entered, start }: { entered: Entered; start: LoginStart },
  signal: Signal | Alone | undefined,
): Promise<KeptSession & { alone: boolean }> {
  const { manners, first, say } = looking;
  try {
    return { ...(await look(looking, entrance, entered, start)), alone: manners.alone };
  } catch (error) {
    if (!(error instanceof UsageError) || (signal !== undefined && ('pinned' in signal || signal.sticky)))
      throw error;
    for (let i = 0; i < manners.instances; i++) {
      await manners.onOneInstance(entrance.login.page);
      try {
        const kept = await look(looking, entrance, await signIn(entrance, first), start);
        const names = signal === undefined ? 'without names' : signal.names.join(', ');
        say(
          'instances',
          `${names}; each instance ends the sessions of the other instances, so init continues with one instance`,
        );
        return { ...kept, alone: true };
      } catch (again) {
        // Ignores a later UsageError or UnavailableError, because the error of the first search explains more.
        if (again instanceof UnavailableError) break;
        if (!(again instanceof UsageError)) throw again;
      }
    }
    throw error;
  }
}

async function look(
  { options, first }: Looking,
  entrance: LoginProcedure,
  entered: Entered,
  start: LoginStart,
): Promise<KeptSession> {
  const found = await marked(entrance, options.accounts, entered, start.hints.pages);
  const known = await knownOf(entrance, found, start, first);
  if (await isIn(found.two ?? found.one, known)) return { found, known };
  throw new UsageError(
    `init: after a login, ${known.page} named the user, but no later response did. Expected a session that stays signed in: ` +
      'perhaps each instance ends the sessions of the others. Run init on the address of one instance, then set ' +
      '`url` in the file to the address of the balancer',
  );
}

async function knownOf(
  entrance: LoginProcedure,
  found: Marked,
  { beginning }: LoginStart,
  account: LoginCredentials,
): Promise<Inside> {
  const { login } = entrance;
  const { mark, landing } = found;
  const find = finder(mark.user, decodeHTML);
  const signedIn = (seen: PageVisit): boolean => seen.status === 200 && (find.first(seen) ?? '') !== '';
  const visitor = found.two ?? found.one;
  const all = [landing, mark.page, ...found.views.map(({ path }) => path)];
  const pages = [...new Set(all)].flatMap(
    path => found.views.find(view => view.path === path)?.first.at(-1) ?? [],
  );
  const beside = pages.map(page => besideToken(visitor, page).csrf).find(one => one !== undefined);
  const token = login.csrf ?? beside ?? fieldToken(pages) ?? changingToken(found.views);
  const formed = pages.filter(({ forms }) => forms.length > 0);
  const meta = forAllForms(token, [...formed, ...(beginning === undefined ? [] : [beginning.page])]);
  const csrf = meta !== undefined && (await fits(entrance, found, meta, account)) ? meta : token;
  const changed = csrf === undefined || login.csrf === undefined ? login : { ...login, csrf };
  return { login: changed, csrf, page: mark.page, signedIn, pages };
}

async function fits(
  entrance: LoginProcedure,
  found: Marked,
  csrf: Token,
  account: LoginCredentials,
): Promise<boolean> {
  if (entrance.login.csrf === undefined) return true;
  const login = { ...entrance.login, csrf };
  const { accepted, visitor } = await enter({ ...entrance, login }, account);
  if (accepted) Object.assign(found, { one: found.two ?? found.one, two: visitor });
  return accepted;
}
