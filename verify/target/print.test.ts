import { expect, it } from 'vitest';
import { parseTarget } from './load.ts';
import { targetText } from './print.ts';

const file = `
version: 1
url: http://gate:opensesame@127.0.0.1:1/shop
headers: { Authorization: Bearer opensesame, X-Trace: seen, X-Session: "{token}" }
accounts:
  - { user: alice, password: opensesame }
  - { user: "load{n}", password: opensesame, count: 50 }
login:
  path: /login
  json: { user: "{user}", password: "{password}", apiKey: opensesame }
  capture: { token: { json: /token } }
csrf: { cookie: csrftoken }
signedIn: { page: /me, user: { json: /name } }
faults: { db: { inject: "PASSWORD=sesame2 ./stop-db --key hushhush opensesame" } }
`;

it('shows what was understood, defaults included, and no secret', () => {
  const text = targetText(parseTarget(file, 'target.yaml', {}), { API_TOKEN: 'hushhush' });
  for (const secret of ['opensesame', 'sesame2', 'hushhush']) expect(text).not.toContain(secret);
  for (const line of [
    'X-Trace: seen',
    'cookie: csrftoken',
    'method: POST',
    'page: /me',
    '"{password}"',
    './stop-db --key (hidden)',
  ])
    expect(text).toContain(line);
  expect(text).toContain('# and 48 more accounts');
});
