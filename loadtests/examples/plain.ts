/** An ordinary k6 script. Its two checks do not test sessions. The script verified.ts adds Baton's judge to it. */
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const url = __ENV['BASE_URL'] ?? 'http://127.0.0.1:8080';

export const options = { vus: 4, duration: __ENV['DURATION'] ?? '10s', noCookiesReset: true };

const token = (page: unknown): string => /name="_csrf" value="([^"]*)"/.exec(String(page))?.[1] ?? '';

export default function (): void {
  const user = `user${exec.vu.idInTest}@example.test`;
  if (exec.vu.iterationInInstance === 0) {
    const form = http.get(`${url}/login`).body;
    http.post(`${url}/login`, { email: user, password: 'correct-horse-battery', _csrf: token(form) });
  }
  const page = http.get(`${url}/dashboard`);
  check(page, {
    'is 200': ({ status }) => status === 200,
    'has a basket': ({ body }) => String(body).includes('Basket'),
  });
  http.post(`${url}/basket/items`, { item: `card ${exec.vu.iterationInInstance}`, _csrf: token(page.body) });
}
