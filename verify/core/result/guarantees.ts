/** Lists all guarantees, with the names of the anomalies that violate them. */

export interface GuaranteeInfo {
  anomalies: readonly string[];
  /** The words that complete the sentence "It holds when …". */
  holds: string;
  /** The requirements of published standards that this guarantee tests. */
  standards: readonly string[];
}

const info = (anomalies: string, holds: string, standards: string[] = []): GuaranteeInfo => ({
  anomalies: anomalies.split(' '),
  holds,
  standards,
});

export const GUARANTEES = {
  continuity: info(
    'LOSS',
    'every request of a live session gets a response signed in as its user, on every instance',
    ['OWASP WSTG-SESS-01'],
  ),
  isolation: info('BLEED', 'a session shows only its own user, and no session id goes to two users', [
    'OWASP ASVS 5.0 14.2.1',
  ]),
  'instances-agree': info(
    'SKEW OUTDATED',
    'no instance answers the same session differently from the others, nor an older session differently from a newer one',
  ),
  routing: info('PINNED UNPINNED', 'requests reach the instances as claimed: spread, or sticky'),
  'read-your-writes': info('STALE', 'a read after an acknowledged write of its session shows that write'),
  'monotonic-reads': info('BACK', 'a read never shows an older state than an earlier read of its session'),
  'no-lost-updates': info(
    'CLOBBER',
    'each acknowledged add that overlapped another request is in the final state',
  ),
  'at-most-once': info('DOUBLE', 'no operation takes effect twice'),
  linearizability: info('NONLINEAR', 'each operation takes effect at one point between call and return'),
  'logout-final': info('ZOMBIE RISEN', 'after a logout the old cookie is refused everywhere, for good', [
    'OWASP ASVS 5.0 7.4.1',
    'OWASP WSTG-SESS-06',
  ]),
  rotation: info('FIXED', 'a login never signs in a cookie that existed before it', [
    'OWASP ASVS 5.0 7.2.4',
    'OWASP WSTG-SESS-03',
  ]),
  forgery: info('FORGED', 'a session cookie that was changed is never signed in', ['OWASP ASVS 5.0 7.2.1']),
  'one-session': info('FORK', 'a login after parallel first requests succeeds, and its session lives'),
  expiry: info('DRIFT', 'idle and absolute timeouts are as declared, on every instance', [
    'OWASP ASVS 5.0 7.3.1',
    'OWASP ASVS 5.0 7.3.2',
    'OWASP WSTG-SESS-07',
  ]),
  'token-refresh': info(
    'EVICTED REUSED',
    'a refresh never ends a session whose client follows the protocol, and spent or revoked tokens are refused',
    ['OWASP ASVS 5.0 10.4.5'],
  ),
  'cookie-policy': info('EXPOSED', 'session cookies carry the attributes that protect them', [
    'OWASP ASVS 5.0 3.3.1',
    'OWASP WSTG-SESS-02',
    'OWASP WSTG-SESS-04',
  ]),
  'private-responses': info('CACHED', 'no signed-in response may be kept by a shared cache', [
    'OWASP ASVS 5.0 14.2.1',
  ]),
  outage: info('LOGOUT HANG', 'while the store is down, no session is signed out and no request hangs'),
  survival: info('GONE', 'sessions and acknowledged writes outlive each fault'),
  availability: info('DOWN', 'errors, hangs and gaps stay within the declared budget'),
  evidence: info('DISPUTED', 'header, balancer log and instance logs agree on who served each request'),
} as const satisfies Record<string, GuaranteeInfo>;

export type Guarantee = keyof typeof GUARANTEES;

export const isGuarantee = (name: string): name is Guarantee => Object.hasOwn(GUARANTEES, name);

const notStandard = new Set<Guarantee>(['no-lost-updates', 'at-most-once', 'linearizability']);

/** Named sets of guarantees to claim. A run claims the guarantees of a set that its workloads give evidence for. */
export const CLAIM_SETS: Record<string, (name: Guarantee) => boolean> = {
  standard: name => !notStandard.has(name),
  strict: () => true,
  sticky: name => !notStandard.has(name),
  'stateless-token': name => !notStandard.has(name) && name !== 'logout-final',
};
