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

it.each([
  ['cookie: "sid=opensesame"', 'cookie: (hidden)'],
  ['cookie: { alice: "sid=opensesame" }', 'alice: (hidden)'],
  ['header: "X-Session: opensesame"', 'header: (hidden)'],
  [
    'command: "./session --key hushhush password=opensesame {user}"',
    './session --key (hidden) password=(hidden)',
  ],
  ['state: "states/{user}.json"', 'state: states/{user}.json'],
])('hides the secrets of ready-made sessions: %s', (session, shown) => {
  const made = file
    .replace(/^login:(\n {2}.*)+/m, `session: { ${session} }`)
    .replace('{ user: "load{n}", password: opensesame, count: 50 }', '{ user: bob }');
  const text = targetText(parseTarget(made, 'target.yaml', {}), { API_TOKEN: 'hushhush' });
  expect(text).toContain(shown);
  for (const secret of ['opensesame', 'hushhush']) expect(text).not.toContain(secret);
});
