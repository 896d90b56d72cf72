/** Checks that every metric in the Grafana dashboard exists. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BROKE, ERRORS, FIGURES, GAP, RELOGINS, TAGGED } from '../verify/core/sums/figures.ts';

const text = readFileSync(new URL('../deploy/grafana-k6.json', import.meta.url), 'utf8');

describe('deploy/grafana-k6.json', () => {
  it('queries only metrics that scripts count, and shows all that must be 0', () => {
    const counters = [...FIGURES, ...Object.values(TAGGED)].map(({ metric }) => metric);
    const known = new Set([...counters, ERRORS, RELOGINS, BROKE, GAP]);
    const asked = new Set([...text.matchAll(/k6_(baton_\w+?)_total/g)].map(match => match[1] ?? ''));
    expect([...asked].filter(metric => !known.has(metric))).toEqual([]);
    const forbidden = FIGURES.filter(
      ({ metric, needs }) => needs === 'count==0' && !/logouts_untold|logins_refused/.test(metric),
    ).map(({ metric }) => metric);
    expect(forbidden.filter(metric => !asked.has(metric))).toEqual([]);
  });

  it('groups by the tags that the metrics have', () => {
    const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    for (const { metric, tag } of [TAGGED.requests, TAGGED.operations, TAGGED.failed]) {
      const of = expressions.find(expression => expression.includes(`k6_${metric}_total`));
      expect(of, metric).toMatch(new RegExp(`by \\(${tag}|"${tag}"`));
    }
  });
});
