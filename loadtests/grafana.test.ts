import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BROKE, ERRORS, FIGURES, GAP, RELOGINS, TAGGED } from '../verify/core/sums/figures.ts';
import { Picture } from '../verify/core/testing/picture.ts';
import { metricsOf } from '../verify/metrics.ts';
import { RunStatus } from '../verify/run-status.ts';
import { feed } from '../verify/testing/feed.ts';

const text = readFileSync(new URL('../deploy/grafana.json', import.meta.url), 'utf8');
const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const asked = new Set([...text.matchAll(/\(k6_\)\?(baton_\w+?)_total/g)].map(match => match[1] ?? ''));

describe('deploy/grafana.json', () => {
  it('queries only metrics that k6 scripts count, and shows every metric that must be 0', () => {
    const counters = [...FIGURES, ...Object.values(TAGGED)].map(({ metric }) => metric);
    const known = new Set([...counters, ERRORS, RELOGINS, BROKE, GAP]);
    expect(asked.size).toBeGreaterThan(10);
    expect([...asked].filter(metric => !known.has(metric))).toEqual([]);
    const forbidden = FIGURES.filter(
      ({ metric, needs }) =>
        needs === 'count==0' && !/logouts_untold|replays_doubtful|logins_refused/.test(metric),
    ).map(({ metric }) => metric);
    expect(forbidden.filter(metric => !asked.has(metric))).toEqual([]);
  });

  it('queries only metrics that `verify --metrics` serves', () => {
    const picture = new Picture({ claims: ['continuity'] });
    picture.session('s1', 'alice').login('app-1').hops(4);
    picture.disturb(1, 'restart', { where: 'app-2' });
    const served = metricsOf(feed(picture, new RunStatus(() => {})));
    // Excludes ERRORS: `verify` runs no k6 script, so it cannot count exceptions in k6 scripts.
    const both = [...asked].filter(metric => metric !== ERRORS).map(metric => `${metric}_total`);
    const own = expressions.flatMap(expression => expression.match(/\bbaton_\w+(?=\{)/g) ?? []);
    expect(own.length).toBeGreaterThan(1);
    for (const metric of [...both, ...own, 'baton_fault'])
      expect(served, metric).toMatch(new RegExp(`^${metric}\\{testid="test".*\\} [\\d.]+$`, 'm'));
  });

  it('groups by the tags that the metrics have', () => {
    for (const { metric, tag } of [TAGGED.requests, TAGGED.operations, TAGGED.failed]) {
      const of = expressions.find(expression => expression.includes(`${metric}_total`));
      expect(of, metric).toMatch(new RegExp(`by \\(${tag}|"${tag}"`));
    }
  });
});
