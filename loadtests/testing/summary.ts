/** A k6 script that adds a value to a metric of each kind, and prints the summary: k6's own or, if OWN=1, Baton's. */
import { check, group, sleep } from 'k6';
import http from 'k6/http';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { k6Summary, type SummaryData } from '../../verify/reports/k6-summary.ts';

const sold = new Counter('cards_sold');
const open = new Gauge('cards_open');
const lucky = new Rate('lucky');
const took = new Trend('took', true);
const size = new Trend('size');

export const options = {
  scenarios: { load: { executor: 'constant-arrival-rate', rate: 20, duration: '1s', preAllocatedVUs: 2 } },
  thresholds: {
    checks: ['rate>0.5'],
    http_req_failed: ['rate<2'],
    'http_req_duration{phase:load}': ['p(95)<60000', 'max<60000'],
    cards_sold: ['count>100', 'rate>0.001'],
    'cards_sold{kind:rare}': [],
    took: ['avg<9'],
    cards_open: ['value>0'],
  },
};

export default function (): void {
  group('the shop', () => {
    const response = http.get(`${__ENV['BASE_URL']}/`);
    check(response, { 'is 200': ({ status }) => status === 200, 'is 500': ({ status }) => status === 500 });
  });
  sold.add(1, { kind: 'rare' });
  open.add(3);
  lucky.add(true);
  took.add(5.5);
  size.add(7);
  sleep(0.01);
}

export function handleSummary(data: SummaryData): Record<string, string> | undefined {
  return __ENV['OWN'] === '1' ? { stdout: k6Summary(data, false) } : undefined;
}
