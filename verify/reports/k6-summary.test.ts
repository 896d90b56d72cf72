/**
 * Tests that the summary has all lines of k6's own summary. The test proxies.integration.test.ts compares it with the
 * summary of real k6.
 */
import { describe, expect, it } from 'vitest';
import { k6Summary, type SummaryData } from './k6-summary.ts';

const trend = (values: Record<string, number>, contains = 'time') => ({ type: 'trend', contains, values });
const DATA: SummaryData = {
  metrics: {
    checks: { type: 'rate', contains: 'default', values: { rate: 0.75, passes: 3, fails: 1 } },
    cards_sold: {
      type: 'counter',
      contains: 'default',
      values: { count: 4, rate: 0.5 },
      thresholds: { 'count>9': { ok: false }, 'rate>0.1': { ok: true } },
    },
    'cards_sold{kind:rare}': { type: 'counter', contains: 'default', values: { count: 1, rate: 0.125 } },
    http_req_duration: {
      ...trend({ avg: 12.3456, min: 0.0005, med: 0.25, max: 61_000, 'p(90)': 1500, 'p(95)': 3_723_000 }),
      thresholds: { 'p(95)<2000': { ok: false } },
    },
    http_req_blocked: trend({ avg: 1, min: 1, med: 1, max: 1, 'p(90)': 1, 'p(95)': 1 }),
    http_req_failed: {
      type: 'rate',
      contains: 'default',
      values: { rate: 0.99999, passes: 99_999, fails: 1 },
    },
    http_reqs: { type: 'counter', contains: 'default', values: { count: 100_000, rate: 12_500 } },
    vus: { type: 'gauge', contains: 'default', values: { value: 2, min: 1, max: 3 } },
    data_sent: { type: 'counter', contains: 'data', values: { count: 5_812_000, rate: 9 } },
  },
  root_group: {
    checks: [{ name: 'is 200', passes: 1, fails: 1 }],
    groups: [{ groups: [], checks: [{ name: 'has a basket', passes: 2, fails: 0 }] }],
  },
  state: { testRunDurationMs: 8000, isStdOutTTY: false },
};

describe('the summary of k6', () => {
  it('lists thresholds, checks and metrics by section, in the layout of k6', () => {
    expect(k6Summary(DATA, false)).toBe(`
  █ THRESHOLDS

    cards_sold
    ✗ 'count>9' count=4
    ✓ 'rate>0.1' rate=0.5/s

    http_req_duration
    ✗ 'p(95)<2000' p(95)=1h2m3s


  █ TOTAL RESULTS

    checks_total.......: 4 0.5/s
    checks_succeeded...: 75.00% 3 out of 4
    checks_failed......: 25.00% 1 out of 4

    ✗ is 200
      ↳  50% — ✓ 1 / ✗ 1
    ✓ has a basket

    CUSTOM
    cards_sold..........: 4      0.5/s
      { kind:rare }.....: 1      0.125/s

    HTTP
    http_req_duration...: avg=12.34ms min=500ns med=250µs max=1m1s p(90)=1.5s p(95)=1h2m3s
    http_req_failed.....: 99.99% 99999 out of 100000
    http_reqs...........: 100000 12500/s

    EXECUTION
    vus.................: 2      min=1               max=3

    NETWORK
    data_sent...........: 5.8 MB 9 B/s

`);
  });

  it('uses the statistics and the unit of the options', () => {
    const options = { summaryTrendStats: ['max', 'count'], summaryTimeUnit: 's' };
    const metrics = { took: trend({ max: 1500, count: 3 }) };
    expect(k6Summary({ metrics, options }, false)).toContain('took...: max=1.50s count=3');
  });

  it('uses colours only if allowed', () => {
    expect(k6Summary(DATA, true)).toContain('\u001b[31m✗\u001b[0m');
    expect(k6Summary(DATA, false)).not.toContain('\u001b');
  });
});
