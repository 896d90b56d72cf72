/** A k6 script that uses each k6 feature of the scripts in loadtests/. Real k6 and the fake k6 must print the same. */
import { check, group } from 'k6';
import { hmac, randomBytes } from 'k6/crypto';
import exec from 'k6/execution';
import { parseHTML } from 'k6/html';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

const url = __ENV['BASE_URL'] ?? '';
const things = new Counter('things');
const nothing = new Counter('nothing');
const good = new Rate('good');
const took = new Trend('took', true);

export const options = {
  vus: 1,
  iterations: 2,
  noCookiesReset: __ENV['KEEP'] === '1',
  maxRedirects: 0,
  thresholds: {
    things: ['count==3'],
    'things{kind:a}': ['count>=2'],
    'things{kind:b}': [],
    'things{kind:none}': [],
    'things{part:late}': [{ threshold: 'count==1', abortOnFail: true }],
    took: ['max<=3', 'p(95)<9'],
    nothing: [__ENV['FAIL'] === '1' ? 'count>0' : 'count==0'],
    checks: ['rate>=0.5'],
  },
};

const say = (what: unknown): void => console.log(JSON.stringify(what));

export function setup(): { made: string } {
  if (__ENV['THROW'] === '1') throw new Error('setup throws');
  nothing.add(0);
  say({ setup: randomBytes(4).byteLength });
  return { made: 'in setup' };
}

export default function (data: { made: string }): void {
  const { idInTest, iterationInInstance } = exec.vu;
  say({ data, idInTest, iterationInInstance, before: http.get(`${url}/echo`).body });
  if (iterationInInstance > 0) return;
  things.add(2, { kind: 'a' });
  exec.vu.metrics.tags['part'] = 'late';
  things.add(1, { kind: 'b' });
  for (const value of [1, 3]) took.add(value);
  good.add(true);
  good.add(0);
  const set = http.request('GET', `${url}/cookies`, null, {
    headers: { 'x-request-id': 'r1' },
    redirects: 0,
  });
  check(set, {
    'is 200': response => response.status === 200,
    'is 500': response => response.status === 500,
  });
  say({ status: set.status, cookies: set.cookies, instance: set.headers['X-Instance-Id'] });
  say({ setCookie: set.headers['Set-Cookie'], jar: http.cookieJar().cookiesForURL(`${url}/`) });
  const post = http.post(`${url}/echo`, { a: 'b c', d: 'é&' }, { redirects: 0 });
  say({ body: post.body, cookies: post.cookies });
  const redirect = http.request('POST', `${url}/redirect`, { a: '1' }, { redirects: 0, tags: { name: 'r' } });
  say({ status: redirect.status, location: redirect.headers['Location'] });
  http.get(`${url}/missing`, { responseCallback: http.expectedStatuses(200, { min: 404, max: 404 }) });
  http.cookieJar().clear(`${url}/`);
  say({ cleared: http.get(`${url}/echo`).body });
  http.get(`${url}/cookies`);
  const refused = http.get('http://127.0.0.1:1/');
  say({ refused: refused.status, code: refused.error_code, body: refused.body, cookies: refused.cookies });
  const reset = http.get(`${url}/reset`);
  say({ reset: reset.status, refused: reset.error_code === 1212 });
  say({ group: group('a group', () => 'its value') });
  others();
  say({ hmac: hmac('sha256', 'key', 'secret', 'hex'), text: parseHTML('a&amp;b&#39;&lt;').text() });
}

function others(): void {
  const jar = new http.CookieJar();
  jar.set(`${url}/`, 'mine', 'a%3Ab');
  const body = (response: { body: unknown }) => response.body;
  const params = { jar, redirects: 0 };
  say({ mine: http.get(`${url}/echo`, params).body, there: jar.cookiesForURL(`${url}/`) });
  const two = http.batch([
    { method: 'GET', url: `${url}/echo`, body: null, params },
    { method: 'POST', url: `${url}/echo`, body: { a: '1' }, params },
  ]) as unknown as { body: unknown }[];
  say({ batch: two.map(body), own: http.get(`${url}/echo`).body });
  const { progress, startTime } = exec.scenario;
  say({ progress: progress >= 0 && progress <= 1, began: startTime > 1e12 && startTime <= Date.now() });
  say({ keeps: exec.test.options.noCookiesReset });
}

export function teardown(data: { made: string }): void {
  say({ teardown: data });
}

interface Metric {
  type: string;
  values: Record<string, number>;
  thresholds?: unknown;
}

export function handleSummary(data: { metrics: Record<string, Metric>; setup_data: unknown }) {
  const shown = [
    'things',
    'things{kind:a}',
    'things{kind:b}',
    'things{kind:none}',
    'things{part:late}',
    'nothing',
    'took',
    'http_req_failed',
    'good',
    'checks',
  ];
  const metrics = shown.map(name => {
    const { type, values, thresholds } = data.metrics[name] ?? { type: 'absent', values: {} };
    const of = { counter: 'count', rate: 'rate', trend: 'max' }[type] ?? '';
    return [name, type, values[of], thresholds ?? null];
  });
  const requests = data.metrics['http_reqs']?.values['count'];
  return { stdout: `${JSON.stringify({ metrics, requests, setup: data.setup_data })}\n` };
}
