/**
 * The k6 script plain.ts with Baton's judge. The comment `// +` marks the added lines. A session `s` sends the requests
 * instead of `http`.
 */
import { check } from 'k6';
import exec from 'k6/execution';
import { type Run, verified } from '../lib/k6.ts'; // +

const { thresholds, start, end, session, summary } = verified(); // +
export const [setup, teardown, handleSummary] = [start, end, summary]; // +

const url = __ENV['BASE_URL'] ?? 'http://127.0.0.1:8080';

export const options = {
  vus: 4,
  duration: __ENV['DURATION'] ?? '10s',
  noCookiesReset: true,
  thresholds: {
    ...thresholds, // +
    http_req_failed: ['rate<0.01'],
    'http_req_duration{phase:load}': [`p(95)<${__ENV['P95'] ?? 2000}`],
  },
};

const token = (page: unknown): string => /name="_csrf" value="([^"]*)"/.exec(String(page))?.[1] ?? '';

export default function (run: Run): void {
  const user = `user${exec.vu.idInTest}@example.test`;
  const s = session(run, user); // +
  if (exec.vu.iterationInInstance === 0) {
    const form = s.get(`${url}/login`).body;
    s.post(`${url}/login`, { email: user, password: 'correct-horse-battery', _csrf: token(form) });
  }
  const page = s.get(`${url}/dashboard`);
  check(page, {
    'is 200': ({ status }) => status === 200,
    'has a basket': ({ body }) => String(body).includes('Basket'),
  });
  s.post(`${url}/basket/items`, { item: `card ${exec.vu.iterationInInstance}`, _csrf: token(page.body) });
}
