import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GUARANTEES } from '../verify/core/result/guarantees.ts';
import { parseTarget } from '../verify/target/load.ts';
import { targetOf } from './deploy.ts';
import { DEFECTS, ENTRIES } from './index.ts';
import { canVisit } from './testing/visit.ts';

/** Defects that a survey of real systems has found. The zoo must have all of them. */
const SURVEYED = [
  'memory-store-per-instance',
  'secret-mismatch-between-instances',
  'form-or-handshake-token-in-process',
  'ip-bound-session',
  'response-before-save',
  'stale-replica-read',
  'stale-local-session-cache',
  'whole-session-last-writer-wins',
  'resave-rewrites-unmodified-session',
  'cookie-stored-session-race',
  'double-commit-after-response',
  'parallel-first-requests-split-session',
  'lock-timeout-then-unlocked-write',
  'insert-race-500',
  'lb-retry-replays-write',
  'logout-resurrected-by-inflight-save',
  'logout-local-to-node',
  'logout-is-client-side-only',
  'clear-cookie-attributes-mismatch',
  'revoke-all-misses-sessions',
  'set-cookie-cached-by-proxy',
  'key-prefix-collision',
  'no-id-rotation-at-login',
  'secure-cookie-dropped-behind-tls-proxy',
  'duplicate-or-clobbered-cookies',
  'session-cookie-too-large',
  'no-touch-fixed-ttl',
  'cookie-not-rolled',
  'server-session-outlives-cookie',
  'ttl-unit-or-overflow',
  'no-absolute-timeout',
  'affinity-hides-local-sessions',
  'shard-remap-on-node-change',
  'save-error-swallowed',
  'failover-drops-acknowledged-write',
  'store-outage-logs-users-out',
  'store-outage-hangs-requests',
  'session-missing-while-disconnected',
  'never-recovers-after-reconnect',
  'restart-loses-sessions',
  'eviction-logs-users-out',
  'incompatible-serialization-in-rolling-deploy',
  'secret-rotation-without-overlap',
  'no-drain-on-sigterm',
  'affinity-pins-to-dead-target',
  'logout-acknowledged-while-store-fails',
  'readonly-after-failover',
  'store-config-command-blocked',
  'connection-or-pool-exhaustion',
  'session-lock-pileup',
  'session-per-health-check',
];

const BESIDE = { OIDC_ISSUER: 'http://localhost:1', MAILBOX_URL: 'http://localhost:1' };

describe('the zoo', () => {
  it('has every defect of the survey', () => {
    const names = DEFECTS.map(({ name }) => name);
    expect(SURVEYED.filter(name => !names.includes(name))).toEqual([]);
  });

  // matrix.integration.test.ts covers the defects that appear only under a fault.
  it('has a test that shows each defect', () => {
    const tests = globSync('zoo/plants/*.test.ts').map(file => readFileSync(file, 'utf8'));
    const shown = tests.flatMap(text => [...text.matchAll(/^plant\(\s*'([^']+)'/gm)].map(match => match[1]));
    // Excludes defects whose users need more than a login form. Integration tests cover these defects.
    const lasting = DEFECTS.filter(defect => defect.faults === undefined && canVisit(defect));
    expect(shown.toSorted()).toEqual(lasting.map(({ name }) => name).toSorted());
  });

  it('has each name once', () => {
    const names = ENTRIES.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe.each(ENTRIES.map(entry => [entry.name, entry] as const))('%s', (name, entry) => {
  const designs = entry.deployment.host === 'tokens';
  const file = new URL(`./${entry.kind}s/${designs ? 'tokens' : name}.ts`, import.meta.url);

  it('is in the file of its name', () => expect(existsSync(file)).toBe(true));

  it('names a program that exists', () => {
    const { program } = entry.deployment;
    expect(program === undefined || existsSync(program)).toBe(true);
  });

  it('has a target file that Baton understands', () => {
    const target = parseTarget(JSON.stringify(targetOf(entry, 'http://127.0.0.1:1')), name, BESIDE);
    expect(target.name).toBe(name);
    expect(target.accounts.length).toBeGreaterThan(1);
  });
});

describe.each(DEFECTS.map(defect => [defect.name, defect] as const))('%s', (_name, defect) => {
  const { must, mustNot } = defect;

  it('must break a guarantee by an anomaly of it', () => {
    expect(GUARANTEES[must.guarantee].anomalies).toContain(must.anomaly);
    expect(mustNot).not.toContain(must.guarantee);
  });

  it('claims what it must break', () => {
    const { claims } = parseTarget(JSON.stringify(targetOf(defect, 'http://127.0.0.1:1')), '', BESIDE);
    expect(claims).toContain(must.guarantee);
  });

  it.each(['broken', 'wild', 'remedy'] as const)('has whole sentences as %s', field => {
    expect(defect[field]).toMatch(/^[A-Z`].{40,}[.`)]$/);
  });

  it('names where it occurred', () => expect(defect.references.length).toBeGreaterThan(0));
});
