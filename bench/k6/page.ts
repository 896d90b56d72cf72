/** A k6 script that logs in once per virtual user, then reads a page with two checks. */
import { check } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';

export const options: Options = { noCookiesReset: true, summaryTrendStats: ['med', 'p(95)'] };

let inside = false;

export default function (): void {
  const url = __ENV['URL'] ?? '';
  const user = `user${__VU}`;
  if (!inside) http.post(`${url}/login?user=${user}`, { password: 'not-checked' }, { redirects: 0 });
  inside = true;
  const response = http.get(`${url}/`, { redirects: 0 });
  check(response, {
    'status is 200': ({ status }) => status === 200,
    'names the user': ({ body }) => typeof body === 'string' && body.includes(`data-user="${user}"`),
  });
}
