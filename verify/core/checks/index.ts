/** Lists all checks, in the order in which reports show them. */
import type { Searching } from '../search/searches.ts';
import { atMostOnce } from './at-most-once.ts';
import { availability } from './availability.ts';
import type { Check } from './check.ts';
import { continuity } from './continuity.ts';
import { cookiePolicy } from './cookie-policy.ts';
import { evidence } from './evidence.ts';
import { expiry } from './expiry.ts';
import { forgery } from './forgery.ts';
import { instancesAgree } from './instances-agree.ts';
import { isolation } from './isolation.ts';
import { linearizability, linearizabilityWithin } from './linearizability.ts';
import { logoutFinal } from './logout-final.ts';
import { monotonicReads } from './monotonic-reads.ts';
import { noLostUpdates } from './no-lost-updates.ts';
import { oneSession } from './one-session.ts';
import { outage } from './outage.ts';
import { privateResponses } from './private-responses.ts';
import { readYourWrites } from './read-your-writes.ts';
import { rotation } from './rotation.ts';
import { routing } from './routing.ts';
import { survival } from './survival.ts';
import { tokenRefresh } from './token-refresh.ts';

export const CHECKS: readonly Check[] = [
  continuity,
  isolation,
  instancesAgree,
  routing,
  readYourWrites,
  monotonicReads,
  noLostUpdates,
  atMostOnce,
  linearizability,
  logoutFinal,
  rotation,
  forgery,
  oneSession,
  expiry,
  tokenRefresh,
  cookiePolicy,
  privateResponses,
  outage,
  survival,
  availability,
  evidence,
];

export const checksWithin = (searching: Searching): readonly Check[] =>
  CHECKS.map(check => (check === linearizability ? linearizabilityWithin(searching) : check));
