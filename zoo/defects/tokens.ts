/** Broken variants of the token host (a JSON API), which replace a refresh token in different ways. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Guarantee } from '../../verify/core/result/guarantees.ts';
import type { Defect } from '../entry.ts';

const host = parse(readFileSync(new URL('../hosts/tokens/target.yaml', import.meta.url), 'utf8'));

type Text = Pick<Defect, 'broken' | 'wild' | 'remedy' | 'needs' | 'references'>;

/** Guarantees that no defect in this file breaks. */
const KEPT: readonly Guarantee[] = ['isolation', 'routing', 'availability', 'evidence'];

const design = (
  name: string,
  design: string,
  anomaly: 'EVICTED' | 'REUSED',
  text: Text,
  { breaks = [], refresh = {} }: { breaks?: readonly Guarantee[]; refresh?: object } = {},
): Defect => ({
  kind: 'defect',
  name,
  section: 'token-refresh',
  ...text,
  deployment: { host: 'tokens', env: { DESIGN: design } },
  target: { refresh: { ...host.refresh, ...refresh } },
  must: { guarantee: 'token-refresh', anomaly },
  mustNot: (
    ['continuity', 'instances-agree', 'read-your-writes', 'monotonic-reads', ...KEPT] as const
  ).filter(guarantee => !breaks.includes(guarantee)),
});

export const refreshWithoutGrace = design('refresh-without-grace', 'no-grace', 'EVICTED', {
  broken:
    'The app takes the second use of a refresh token for theft, and ends the session at once. Two requests that refresh at the same time log the user out.',
  wild: 'RFC 9700 asks to end the session when a replaced refresh token is used. The app does so without a period for overlapping refreshes.',
  references: ['supabase/supabase#50289', 'supabase/auth-js#213', 'PrefectHQ/fastmcp#4901'],
  remedy:
    'Accept a replaced token for some seconds, and answer with the successor or with other new tokens of the same session.',
  needs: ['overlap'],
});

export const refreshLockTooShort = design('refresh-lock-too-short', 'short-lock', 'EVICTED', {
  broken:
    'A lock lets only one instance refresh a token, but the lock lasts for 100 ms, and the identity provider takes 300 ms. The next request gets the lock and sends the same token again, which ends the session.',
  wild: 'The lock has a fixed time to live, which no code renews while the refresh is in flight.',
  references: ['oauth2-proxy/oauth2-proxy#3456', 'oauth2-proxy/oauth2-proxy#1992'],
  remedy:
    'Renew the lock until the refresh is complete, or let it last longer than the timeout of the provider.',
  needs: ['overlap', 'slowness'],
});

export const refreshLastWriterWins = design(
  'refresh-last-writer-wins',
  'last-writer-wins',
  'EVICTED',
  {
    broken:
      'Two instances read the session, replace the token, and write the session back. The token that the first instance issued is overwritten, and the client that got this token is logged out at its next refresh.',
    wild: 'The current and the previous refresh token are two columns of one row. The update does not check that the row still has the token that was read.',
    references: ['grafana/grafana#98195', 'grafana/grafana PR#131171', 'grafana/grafana PR#106075'],
    remedy:
      'Replace the token only if it is still the current one, in one step. If it is not, read the session again.',
    needs: ['overlap', 'instances'],
  },
  { refresh: { reuse: undefined } },
);

export const refreshTokensInMemory = design(
  'refresh-tokens-in-memory',
  'tokens-in-memory',
  'EVICTED',
  {
    broken:
      'Each instance keeps its refresh tokens in memory. A refresh on another instance is refused, and the user is logged out.',
    wild: 'Access tokens are self-contained, so the app looks stateless, and only the refresh tokens need a store.',
    references: ['PrefectHQ/fastmcp#4264', 'supabase/auth-js#201'],
    remedy: 'Keep refresh tokens in a store that all instances share.',
    needs: ['instances'],
  },
  { breaks: ['continuity', 'instances-agree'], refresh: { reuse: undefined } },
);

export const refreshGracePerInstance = design('refresh-grace-per-instance', 'grace-in-memory', 'EVICTED', {
  broken:
    'The grace period for replaced tokens is kept in the memory of the instance that replaced them. A retry on another instance counts as theft, and ends the session.',
  wild: 'Calls that refresh the same token are merged by a map of promises, or by a cache in the process.',
  references: ['grafana/grafana PR#131171', 'PrefectHQ/fastmcp#4264'],
  remedy:
    'Keep the replaced token with its successor in the shared store, with the grace period as its time to live.',
  needs: ['overlap', 'instances'],
});

export const refreshRefusesRetries = design(
  'refresh-refuses-retries',
  'refuses-retries',
  'EVICTED',
  {
    broken:
      'A replaced token is refused at once. A client whose response was lost on its way has only this token, so its session is over.',
    wild: 'The old token is deleted and the new one stored before the response is sent. Tests never lose a response.',
    references: ['PrefectHQ/fastmcp#4901', 'ShinChven/remix-studio PR#27'],
    remedy: 'Accept a replaced token until its successor was used, or for a grace period.',
    needs: ['replay'],
  },
  { refresh: { reuse: undefined } },
);

export const refreshTokensNeverSpent = design(
  'refresh-tokens-never-spent',
  'never-spent',
  'REUSED',
  {
    broken:
      'Each refresh issues a new refresh token, but the old ones stay valid. A stolen token works for ever.',
    wild: 'Refresh tokens are signed and not stored, so the app cannot know that a token was used.',
    references: ['FlowFuse/flowfuse#8270', 'CarbonScribe/carbon-scribe PR#595'],
    remedy: 'Store an id of the current refresh token of each session, and refuse all others.',
    needs: ['replay'],
  },
  { refresh: { reuse: undefined } },
);

export const logoutKeepsRefreshToken = design(
  'logout-keeps-refresh-token',
  'logout-keeps-refresh-token',
  'REUSED',
  {
    broken:
      'At the logout the client forgets its tokens, and the server ends nothing. A copy of the refresh token still gets new tokens.',
    wild: 'The logout of a single-page app only clears its local storage, or deletes the cookie of the refresh token.',
    references: ['grafana/grafana#87991', 'supabase/auth PR#2624'],
    remedy: 'End the session in the store at logout, and check it at each refresh.',
    needs: ['replay'],
  },
);

export const logoutUndoneByRefresh = design('logout-undone-by-refresh', 'revived-by-refresh', 'REUSED', {
  broken:
    'A refresh that is in flight during the logout writes the session back when it ends. Its new tokens work after the logout.',
  wild: 'The refresh stores the session with an upsert, and does not check that the session still exists.',
  references: ['supabase/auth-js#201', 'expressjs/session#632'],
  remedy: 'Write new tokens only if the session still exists, in the same step.',
  needs: ['overlap', 'replay'],
});

export const refreshReuseKeepsSession = design(
  'refresh-reuse-keeps-session',
  'reuse-keeps-session',
  'REUSED',
  {
    broken:
      'The app says that the use of a spent refresh token ends the session. It refuses the token, but the session lives on. A thief who used the token first holds the newer one, and stays signed in.',
    wild: 'The refusal and the end of the session are two code paths, and the second was never written or fails silently.',
    references: ['FlowFuse/flowfuse#8270', 'RFC 9700, 4.14.2'],
    remedy:
      'End the session, with all tokens that were issued for it, when a spent token comes after the grace period.',
    needs: ['replay'],
  },
);

export const accessRevokedOnOneInstance = design(
  'access-revoked-on-one-instance',
  'revoked-on-one-instance',
  'REUSED',
  {
    broken:
      'The logout puts the access token on a deny list in the memory of one instance. The other instances accept the token until it expires.',
    wild: 'The deny list is a set in a module, and works in every test with one process.',
    references: ['redisson/redisson#3498', 'grafana/grafana#87991'],
    remedy: 'Keep the deny list in the shared store, for as long as the longest access token lives.',
    needs: ['instances', 'replay'],
  },
  { refresh: { revokes: 'access' } },
);

export const accessTokensNeverExpire = design('access-tokens-never-expire', 'expiry-not-checked', 'REUSED', {
  broken:
    'The app verifies the signature of an access token, but not its expiry. A copy of the token works for ever, also after the logout.',
  wild: 'The expiry is ignored by an option that tests need, or a library only decodes the token.',
  references: ['auth0/node-jsonwebtoken#70', 'grafana/grafana#87991'],
  remedy: 'Verify `exp` on every request, with a tolerance of a few seconds.',
  needs: ['time', 'replay'],
});
