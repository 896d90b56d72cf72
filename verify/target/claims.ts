/** Finds out which guarantees a target file claims, and which parts of the file they need. */

import type { Budget, Declared, Run } from '../core/history/history.ts';
import { CLAIM_SETS, GUARANTEES, type Guarantee, isGuarantee } from '../core/result/guarantees.ts';
import type { TargetFile } from './schema.ts';

export interface Claims {
  claims: Guarantee[];
  /** Guarantees that the target file claims by a set such as `standard`. */
  bySet: Guarantee[];
  /** Guarantees of the set `standard` that the target file does not claim. A run still measures them. */
  leftOut: Guarantee[];
  routing: Run['routing'];
  declared?: Declared;
}

const ABOUT_DATA = new Set<Guarantee>([
  'read-your-writes',
  'monotonic-reads',
  'no-lost-updates',
  'at-most-once',
  'linearizability',
]);

const ABOUT_COOKIES = new Set<Guarantee>(['rotation', 'forgery', 'cookie-policy']);

/** Guarantees that a run with ready-made sessions cannot judge. */
export const ABOUT_LOGINS: readonly Guarantee[] = ['rotation', 'one-session', 'cookie-policy'];

/** Ignores headers with `{request}` or `{trace}`, because they identify a request, not a session. */
const byHeader = ({ headers, login, session }: Pick<TargetFile, 'headers' | 'login' | 'session'>): boolean =>
  login?.basic === true ||
  session?.header !== undefined ||
  Object.entries(headers).some(
    ([name, text]) => /\{(?!(?:request|trace)\})\w+\}/.test(text) && !/csrf|xsrf/i.test(name),
  );

/**
 * Returns whether the target file has all that a guarantee needs, such as a logout for `logout-final`. Sets such as
 * `standard` omit a guarantee if the file lacks a part.
 */
function declares(file: TargetFile, guarantee: Guarantee): boolean {
  const { logout, expiry, probes, session, refresh } = file;
  if (session !== undefined && ABOUT_LOGINS.includes(guarantee)) return false;
  if (ABOUT_COOKIES.has(guarantee)) return !byHeader(file);
  if (ABOUT_DATA.has(guarantee)) return probes.some(({ add, set, increment }) => add ?? set ?? increment);
  if (guarantee === 'logout-final')
    return (
      logout !== undefined &&
      (session === undefined || session.command !== undefined) &&
      // If access tokens stay valid after a logout, `token-refresh` judges the logout instead of `logout-final`.
      (refresh === undefined || refresh.revokes === 'access')
    );
  if (guarantee === 'token-refresh') return refresh !== undefined;
  if (guarantee === 'expiry') return expiry?.idle !== undefined || expiry?.absolute !== undefined;
  // The file need not claim `outage` and `survival`, because a run with faults adds these claims itself.
  return guarantee !== 'outage' && guarantee !== 'survival';
}

/**
 * Returns the claims of a target file.
 *
 * @param unknown returns the error for an unknown name; `index` is its position in `claims`
 */
export function claimsOf(file: TargetFile, unknown: (name: string, index: number) => Error): Claims {
  const named = new Set<Guarantee>();
  const bySet = new Set<Guarantee>();
  const leftOut = new Set<Guarantee>();
  const claims: Claims = { claims: [], bySet: [], leftOut: [], routing: 'spread' };
  const declared = declaredOf(file);
  file.claims.forEach((claim, index) => {
    if (typeof claim !== 'string') {
      for (const name of Object.keys(claim)) if (isGuarantee(name)) named.add(name);
      if ('routing' in claim) claims.routing = claim.routing;
      if ('cookie-policy' in claim) declared.cookies = claim['cookie-policy'];
      if ('private-responses' in claim) declared.caching = claim['private-responses'];
      return;
    }
    const set = Object.hasOwn(CLAIM_SETS, claim) ? CLAIM_SETS[claim] : undefined;
    if (set !== undefined) {
      for (const guarantee of Object.keys(GUARANTEES) as Guarantee[]) {
        if (!declares(file, guarantee)) continue;
        if (set(guarantee)) bySet.add(guarantee);
        else if (CLAIM_SETS['standard']?.(guarantee)) leftOut.add(guarantee);
      }
      if (claim === 'sticky') claims.routing = 'sticky';
      if (claim === 'strict')
        Object.assign(declared, { caching: 'strict', clocks: 'strict', logout: 'strict' });
    } else if (isGuarantee(claim)) named.add(claim);
    else throw unknown(claim, index);
  });
  claims.claims = [...new Set([...named, ...bySet])];
  claims.bySet = [...bySet].filter(name => !named.has(name));
  claims.leftOut = [...leftOut].filter(name => !claims.claims.includes(name));
  return Object.keys(declared).length === 0 ? claims : { ...claims, declared };
}

const MICROSECONDS = 1000;

function declaredOf(file: TargetFile): Declared {
  const { expiry, instance, deadline, budgets, cookies, refresh } = file;
  const declared: Declared = {};
  if (byHeader(file)) declared.carrier = 'header';
  if (cookies !== undefined) declared.attributes = cookies;
  if (deadline !== undefined) declared.deadline = deadline * MICROSECONDS;
  if (budgets !== undefined) {
    const { faults, latency, ...all } = budgets;
    declared.budgets = inMicroseconds(all);
    if (latency !== undefined)
      declared.budgets.latency = Object.fromEntries(
        Object.entries(latency).flatMap(([name, limit]) =>
          limit === undefined ? [] : [[name, limit * MICROSECONDS]],
        ),
      );
    if (faults !== undefined)
      declared.budgets.faults = Object.fromEntries(
        Object.entries(faults).map(([name, budget]) => [name, inMicroseconds(budget)]),
      );
  }
  if (expiry !== undefined) {
    declared.expiry = { renew: expiry.renew };
    if (expiry.idle !== undefined) declared.expiry.idle = expiry.idle * MICROSECONDS;
    if (expiry.absolute !== undefined) declared.expiry.absolute = expiry.absolute * MICROSECONDS;
  }
  if (refresh !== undefined) {
    const { grace, reuse, revokes } = refresh;
    declared.refresh = {
      ...(grace === undefined ? {} : { grace: grace * MICROSECONDS }),
      ...(reuse === undefined ? {} : { reuse }),
      ...(revokes === undefined ? {} : { revokes }),
    };
  }
  if (instance?.weights !== undefined) declared.weights = instance.weights;
  return declared;
}

type BudgetText = Omit<NonNullable<TargetFile['budgets']>, 'faults' | 'latency'>;

function inMicroseconds({ survival, errors, gap, wait, recovery }: BudgetText): Budget {
  const budget: Budget = {};
  if (survival !== undefined) budget.survival = survival;
  if (errors !== undefined) budget.errors = errors;
  if (gap !== undefined) budget.gap = gap * MICROSECONDS;
  if (wait !== undefined) budget.wait = wait * MICROSECONDS;
  if (recovery !== undefined) budget.recovery = recovery * MICROSECONDS;
  return budget;
}
