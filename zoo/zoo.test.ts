import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GUARANTEES } from '../verify/core/guarantees.ts';
import { parseTarget } from '../verify/target/load.ts';
import { targetOf } from './deploy.ts';
import { DEFECTS, ENTRIES } from './index.ts';

describe('the zoo', () => {
  it('has each name once', () => {
    const names = ENTRIES.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe.each(ENTRIES.map(entry => [entry.name, entry] as const))('%s', (name, entry) => {
  const file = new URL(`./${entry.kind}s/${name}.ts`, import.meta.url);

  it('is in the file of its name', () => expect(existsSync(file)).toBe(true));

  it('names a program that exists', () => {
    const { program } = entry.deployment;
    expect(program === undefined || existsSync(program)).toBe(true);
  });

  it('has a target file that Baton understands', () => {
    const target = parseTarget(JSON.stringify(targetOf(entry, 'http://127.0.0.1:1')), name, {});
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
    const { claims } = parseTarget(JSON.stringify(targetOf(defect, 'http://127.0.0.1:1')), '', {});
    expect(claims).toContain(must.guarantee);
  });

  it.each(['broken', 'wild', 'remedy'] as const)('says what is %s in whole sentences', field => {
    expect(defect[field]).toMatch(/^[A-Z`].{40,}[.`)]$/);
  });

  it('names where it happened', () => expect(defect.references.length).toBeGreaterThan(0));
});
