import { describe, expect, it } from 'vitest';
import { servedIn } from './access-log.ts';

const ID = '20261124-101500-3fa2c1-17';
const COMBINED = `127.0.0.1 - - [24/Nov/2026:10:15:00 +0000] "GET /cart HTTP/1.1" 200 612 "http://shop.test:8080/" "undici"`;

describe('an access log', () => {
  it.each([
    [
      'nginx, combined with $upstream_addr and the id',
      `${COMBINED} ${ID} 10.0.0.2:8080`,
      '10.0.0.2:8080',
      ['10.0.0.2:8080'],
      200,
    ],
    [
      'nginx that tried two',
      `${COMBINED} "${ID}" "10.0.0.1:80, 10.0.0.2:80"`,
      '10.0.0.2:80',
      ['10.0.0.1:80', '10.0.0.2:80'],
      200,
    ],
    ['nginx with an IPv6 instance', `${COMBINED} ${ID} [::1]:8080`, '[::1]:8080', ['[::1]:8080'], 200],
    ['nginx that answered itself', `${COMBINED} ${ID} -`, undefined, [], 200],
    [
      'nginx as JSON',
      `{"request_id":"${ID}","status":"502","upstream_addr":"10.0.0.1:80"}`,
      '10.0.0.1:80',
      ['10.0.0.1:80'],
      502,
    ],
    [
      'HAProxy',
      `haproxy[9]: 127.0.0.1:5 [24/Nov/2026:10:15:00.1] web~ apps/app2 0/0/1/12/13 302 244 - - ---- 1/1/0/0/0 0/0 {${ID}} "POST /login HTTP/1.1"`,
      'app2',
      ['app2'],
      302,
    ],
    [
      'HAProxy that answered itself, for the instance did not',
      `haproxy[9]: 127.0.0.1:5 [24/Nov/2026:10:15:00.1] web~ apps/app2 0/0/1/-1/10000 504 198 - - sH-- 1/1/0/0/0 0/0 {${ID}} "POST /login HTTP/1.1"`,
      undefined,
      ['app2'],
      504,
    ],
    [
      'HAProxy that tried another before',
      `haproxy[9]: 127.0.0.1:5 [24/Nov/2026:10:15:00.1] web~ apps/app2 0/0/1/12/13 302 244 - - ---- 1/1/0/0/+1 0/0 {${ID}} "POST /login HTTP/1.1"`,
      'app2',
      ['?', 'app2'],
      302,
    ],
    [
      'HAProxy without a server',
      `haproxy[9]: 127.0.0.1:5 [24/Nov/2026:10:15:00.1] web apps/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 {${ID}} "GET / HTTP/1.1"`,
      undefined,
      [],
      503,
    ],
    [
      'Traefik',
      `{"DownstreamStatus":200,"RequestPath":"/","ServiceAddr":"10.0.0.3:80","ServiceURL":"http://10.0.0.3:80","request_X-Request-Id":"${ID}"}`,
      '10.0.0.3:80',
      ['10.0.0.3:80'],
      200,
    ],
  ])('names the instance in %s', (_, line, instance, tried, status) => {
    expect(servedIn('balancer', line)).toEqual({
      type: 'served',
      source: 'balancer',
      kind: 'balancer',
      request: ID,
      ...(instance === undefined ? {} : { instance }),
      tried,
      status,
    });
  });

  it.each([
    ['another request', COMBINED],
    ['a line that is cut', `{"request_id":"${ID}","sta`],
    ['no access log', `2026/11/24 [error] upstream timed out, ${ID}`],
  ])('is ignored with %s', (_, line) => expect(servedIn('balancer', line)).toBeUndefined());
});
