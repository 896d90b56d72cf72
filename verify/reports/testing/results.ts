/** Creates results for the tests of reports. */
import { compare } from '../../core/compare/compare.ts';
import { type FaultSummary, type Result, unhealed } from '../../core/result/result.ts';
import { digest, judged, served } from '../../core/testing/digests.ts';
import { Picture } from '../../core/testing/picture.ts';
import type { ReportInput } from '../report.ts';

const SOURCE: ReportInput['source'] = { path: 'deploy/baton.yaml', claims: { continuity: 12, routing: 14 } };

export const inputOf = (result: Result): ReportInput => ({ result, source: SOURCE });

/** Returns a result in which every claim holds. */
export function healthy(): Result {
  const picture = new Picture({ claims: ['continuity', 'routing'] });
  picture.session('s1', 'alice').login('app-1').hops(120);
  return picture.finish().result();
}

/**
 * Returns a result with two faults. The second fault was not healed, and lost a session and a write.
 *
 * @param text replaces each name and value that a real target would have
 */
export function disturbed(text = 'redis'): Result {
  const result = healthy();
  const fault = {
    bit: true,
    healthy: true,
    duration: 14_600_000,
    requests: 5_148,
    failed: 0,
    relogins: 0,
    sessions: { survived: 32, of: 32, atLeast: 0.91 },
    writes: { acknowledged: 1_204, lost: 0 },
    gap: 210_000,
    wait: { longest: 390_000, p99: 40_000 },
  };
  const faults: FaultSummary[] = [
    { ...fault, id: 1, name: 'rolling-restart', did: '2 instances restarted' },
    {
      ...fault,
      id: 2,
      name: 'store-stop',
      where: text,
      did: `${text} stopped`,
      failed: 300,
      relogins: 1,
      bit: false,
      healthy: false,
      healed: false,
      sessions: { survived: 31, of: 32, atLeast: 0.85 },
      writes: { acknowledged: 10, lost: 1 },
    },
  ];
  return { ...result, faults, remarks: unhealed({ faults }) };
}

const MARK = 'MARK';

/** Caches a result as JSON, because tests use it hundreds of times. */
const BROKEN = JSON.stringify(resultWithAnomalies());

function resultWithAnomalies(): Result {
  const picture = new Picture({
    claims: ['continuity', 'no-lost-updates', 'expiry', 'isolation'],
    target: MARK,
    command: `npx baton-verify verify ${MARK}`,
  });
  const lost = picture.session(`s-${MARK}`, MARK).login('app-1').write(MARK, 'app-1');
  lost
    .signedOut(MARK, { note: `303 to ${MARK}` })
    .read('app-1')
    .ended();
  const session = picture.session('s2', `bob-${MARK}`).login('app-1').hops(60, []);
  const call = picture.now + 10;
  session
    .write('a', 'app-1', { call, return: call + 400 })
    .write('b', 'app-2', { call: call + 100, return: call + 700 });
  session.read('app-1', ['b'], { call: call + 900 }).read('app-2', ['b']);
  session.read('app-2', ['b'], { sawUser: MARK }).ended();
  return { ...picture.finish().result(), remarks: [MARK] };
}

/**
 * Returns a result with violated claims, a claim without evidence, and violations without a claim.
 *
 * @param text replaces each name and value that a real target would have
 */
export const broken = (text = 'alice'): Result =>
  JSON.parse(BROKEN, (_, value) => (typeof value === 'string' ? value.replaceAll(MARK, () => text) : value));

/**
 * Returns a healthy result that is worse than its baseline.
 *
 * @param text a text to insert into the names of runs and instances
 */
export function compared(text = 'app-2'): ReportInput {
  const before = digest(0, {
    instances: served(5000, 5000),
    run: text,
    guarantees: [judged('continuity'), judged('expiry')],
  });
  const now = digest(1, {
    instances: served(2000, 8000).map(one => ({ ...one, instance: `${one.instance}${text}` })),
    guarantees: [judged('continuity'), judged('routing'), judged('expiry', { judgement: 'unknown' })],
  });
  return { ...inputOf(healthy()), comparison: compare([before], [now]) };
}

/** Returns a result that exceeds the size limits of all report formats. */
export function huge(): Result {
  const result = broken();
  const long = 'x'.repeat(2_000);
  return {
    ...result,
    guarantees: result.guarantees.map(verdict => ({
      ...verdict,
      claimed: true,
      judgement: 'violated',
      violations: 1_000_000,
      anomalies: Array.from({ length: 8 }, (_, i) => ({
        name: 'LOSS',
        guarantee: verdict.guarantee,
        // Summaries begin with different characters, because reports omit anomalies with equal summaries.
        summary: `${String.fromCodePoint(0x4e00 + i)} ${long}`,
        witness: [],
        notes: Array.from({ length: 70 }, () => long),
      })),
    })),
  };
}
