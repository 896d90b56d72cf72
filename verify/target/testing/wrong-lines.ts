/**
 * Lists wrong lines that a user might write in a target file, and the message for each. A message names the wrong line,
 * the expected value, and the likely correction. Each entry replaces one line of WHOLE, named by its text, by a wrong
 * line.
 */

/** A correct target file; each line occurs once. */
export const WHOLE = `version: 1
name: shop
url: http://127.0.0.1:8080
headers:
  X-Tenant: one
tls:
  insecure: false
limits:
  requests: 50
  connections: 8
accounts:
  - user: alice
    password: secret
    totp: GEZDGNBVGY3TQOJQ
  - user: load{n}
    password: secret2
    count: 5
login:
  page: /login
  path: /session
  method: POST
  form:
    name: "{user}"
    pass: "{password}"
  accepted: [302]
csrf: name="token" value="([^"]*)"
signedIn:
  page: /account
  user: data-user="([^"]*)"
signedOut:
  status: [403]
  redirect: [/welcome]
probes:
  - object: cart
    scope: session
    kind: list
    cap: 20
    read:
      path: /cart
      items: data-item="([^"]*)"
    add:
      path: /cart/add
      form: { item: "{value}" }
logout:
  path: /logout
sessions:
  most: 2
  logout: one
  every: 30s
slow:
  read: /report
busy: try again
pages: [/profile]
public: [/healthz]
instance:
  header: x-instance-id
  addresses: { a: "http://127.0.0.1:8081" }
  steer: { header: x-to }
  weights: { a: 1 }
expiry:
  idle: 30m
  renew: each
faults:
  db-stop:
    inject: systemctl stop db
    heal: [systemctl, start, db]
    part: store
    down: true
    lasts: 3s
  web:
    compose:
      service: web
      do: [kill, pause]
  worker:
    processes:
      pidFiles: [worker.pid]
      start: ./start-worker.sh
  shop:
    kubernetes:
      deployment: shop
      namespace: staging
    instances: 3
claims:
  - standard
`;

/** Each entry: [the line of WHOLE, the wrong line that replaces it, the expected message]. */
export const WRONG: readonly [line: string, wrong: string, expected: string][] = [
  // One-time codes, and limits of the app.
  [
    '    totp: GEZDGNBVGY3TQOJQ',
    '    totp: 0189-8910',
    'totp: expected the secret of one-time codes in base32, or an otpauth://totp/ address, got another text',
  ],
  ['    totp: GEZDGNBVGY3TQOJQ', '    otp: GEZDGNBVGY3TQOJQ', 'unknown key "otp": did you mean "totp"?'],
  ['  most: 2', '  most: 0', 'sessions.most: expected 1 or more, got 0'],
  ['  most: 2', '  max: 2', 'unknown key "max": expected one of most, logout, every'],
  ['  logout: one', '  logout: every', 'sessions.logout: expected one of one, all, got "every"'],
  ['  every: 30s', '  every: 30', 'sessions.every: expected a text, got 30: put it in quotes, "30"'],
  ['  every: 30s', '  every: half a minute', 'sessions.every: expected a time such as 30m, 12h or 90s'],
  // The version and the address.
  ['version: 1', 'version: 2', 'version: expected 1, got 2'],
  ['version: 1', 'version: "1"', 'version: expected 1, got "1"'],
  ['version: 1', 'version: 1.0.0', 'version: expected 1, got "1.0.0"'],
  ['version: 1', 'version:', 'version: expected 1, got nothing: write the value after the colon'],
  ['version: 1', 'verson: 1', 'unknown key "verson": did you mean "version"?'],
  ['version: 1', 'Version: 1', 'unknown key "Version": did you mean "version"?'],
  ['name: shop', 'name:', 'name: expected a text, got nothing: write the value after the colon'],
  ['name: shop', 'name: ""', 'name: expected a text, got an empty one'],
  ['name: shop', 'name: 7', 'name: expected a text, got 7: put it in quotes, "7"'],
  ['name: shop', 'name: true', 'name: expected a text, got true: put it in quotes, "true"'],
  ['name: shop', 'name: [shop]', 'name: expected a text, got a list: write one text'],
  ['name: shop', 'name: shop: one', 'not YAML'],
  ['name: shop', 'title: shop', 'unknown key "title"'],
  [
    'url: http://127.0.0.1:8080',
    'url: 127.0.0.1:8080',
    'url: expected an http:// or https:// address, got "127.0.0.1:8080": write "http://127.0.0.1:8080"',
  ],
  [
    'url: http://127.0.0.1:8080',
    'url: shop.test',
    'url: expected an http:// or https:// address, got "shop.test": write "http://shop.test"',
  ],
  [
    'url: http://127.0.0.1:8080',
    'url: ftp://shop.test',
    'url: expected an http:// or https:// address, got "ftp://shop.test"',
  ],
  [
    'url: http://127.0.0.1:8080',
    'url: htp://shop.test',
    'url: expected an http:// or https:// address, got "htp://shop.test": write "http://shop.test"',
  ],
  ['url: http://127.0.0.1:8080', 'url: /shop', 'url: expected an http:// or https:// address, got "/shop"'],
  [
    'url: http://127.0.0.1:8080',
    'url: [http://a.test, http://b.test]',
    'url: expected an http:// or https:// address, got a list: write one text',
  ],
  ['url: http://127.0.0.1:8080', 'url: 8080', 'url: expected an http:// or https:// address, got 8080'],
  ['url: http://127.0.0.1:8080', 'uri: http://127.0.0.1:8080', 'unknown key "uri": did you mean "url"?'],
  ['url: http://127.0.0.1:8080', 'base_url: http://127.0.0.1:8080', 'unknown key "base_url"'],
  [
    'url: http://127.0.0.1:8080',
    `url: \${BATON_NO_SUCH_URL}`,
    'the environment has no BATON_NO_SUCH_URL: set it',
  ],
  // The keys that say how to reach the target.
  ['  X-Tenant: one', '  X-Tenant: 1', 'headers.X-Tenant: expected a text, got 1: put it in quotes, "1"'],
  ['  X-Tenant: one', '  - X-Tenant', 'headers: expected names with values, got a list'],
  ['  X-Tenant: one', '  X-Tenant: [one]', 'headers.X-Tenant: expected a text, got a list'],
  [
    '  insecure: false',
    '  insecure: "yes"',
    'tls.insecure: expected true or false, got "yes": write true or false, without quotes',
  ],
  ['  insecure: false', '  insecure: 0', 'tls.insecure: expected true or false, got 0'],
  ['  insecure: false', '  insecur: true', 'tls: unknown key "insecur": did you mean "insecure"?'],
  [
    '  insecure: false',
    '  ca: no-such-file.pem',
    'tls.ca: expected a file with certificates, PEM; no-such-file.pem cannot be read',
  ],
  ['  requests: 50', '  requests: 0', 'limits.requests: expected more than 0, got 0'],
  ['  requests: 50', '  requests: "50"', 'limits.requests: expected a number, got "50": without quotes'],
  ['  requests: 50', '  requests: 50/s', 'limits.requests: expected a number, got "50/s"'],
  ['  requests: 50', '  request: 50', 'limits: unknown key "request": did you mean "requests"?'],
  ['  connections: 8', '  connections: 0', 'limits.connections: expected 1 or more, got 0'],
  ['  connections: 8', '  connections: 2.5', 'limits.connections: expected a whole number, got 2.5'],
  // Accounts.
  ['  - user: alice', '  - user:', 'accounts.0.user: expected a text, got nothing'],
  [
    '  - user: alice',
    '  - user: 1001',
    'accounts.0.user: expected a text, got 1001: put it in quotes, "1001"',
  ],
  ['  - user: alice', '  - username: alice', 'accounts.0: unknown key "username": did you mean "user"?'],
  ['  - user: alice', '  - login: alice', 'accounts.0: unknown key "login": expected one of user, password'],
  ['  - user: alice', '  - user: ""', 'accounts.0.user: expected a text, got an empty one'],
  [
    '    password: secret',
    '    password: 123456',
    'accounts.0.password: expected a text, got 123456: put it in quotes, "123456"',
  ],
  ['    password: secret', '    password:', 'accounts.0.password: expected a text, got nothing'],
  [
    '    password: secret',
    '    passwort: secret',
    'accounts.0: unknown key "passwort": did you mean "password"?',
  ],
  [
    '    password: secret',
    `    password: \${BATON_NO_SUCH_PASSWORD}`,
    'the environment has no BATON_NO_SUCH_PASSWORD: set it, as in BATON_NO_SUCH_PASSWORD=… npx baton-verify verify',
  ],
  [
    '    password: secret',
    '    password: { env: X }',
    'accounts.0.password: expected a text, got keys with values',
  ],
  ['    count: 5', '    count: 0', 'accounts.1.count: expected 1 or more, got 0'],
  ['    count: 5', '    count: "5"', 'accounts.1.count: expected a number, got "5": without quotes'],
  ['    count: 5', '    count: many', 'accounts.1.count: expected a number, got "many"'],
  ['    count: 5', '    count: 1000000', 'accounts.1.count: expected at most 100000, got 1000000'],
  ['    count: 5', '    counts: 5', 'accounts.1: unknown key "counts": did you mean "count"?'],
  // The login.
  [
    '  page: /login',
    '  page: login',
    'login.page: expected a path that begins with /, got "login": write "/login"',
  ],
  [
    '  page: /login',
    '  page: ./login',
    'login.page: expected a path that begins with /, got "./login": write "/login"',
  ],
  [
    '  page: /login',
    '  page: http://127.0.0.1:8080/login',
    'login.page: expected a path that begins with /, got "http://127.0.0.1:8080/login": remove the host, `url` has it',
  ],
  ['  page: /login', '  pages: /login', 'login: unknown key "pages": did you mean "page"?'],
  ['  page: /login', '  page: [/login]', 'login.page: expected a text, got a list'],
  [
    '  path: /session',
    '  path: session',
    'login.path: expected a path that begins with /, got "session": write "/session"',
  ],
  ['  path: /session', '  path:', 'login.path: expected a text, got nothing'],
  ['  path: /session', '  action: /session', 'login: unknown key "action"'],
  ['  path: /session', '  url: /session', 'login: unknown key "url"'],
  [
    '  method: POST',
    '  method: post',
    'login.method: expected one of GET, POST, PUT, PATCH, DELETE, got "post": did you mean "POST"?',
  ],
  [
    '  method: POST',
    '  method: PSOT',
    'login.method: expected one of GET, POST, PUT, PATCH, DELETE, got "PSOT": did you mean "POST"?',
  ],
  [
    '  method: POST',
    '  method: HEAD',
    'login.method: expected one of GET, POST, PUT, PATCH, DELETE, got "HEAD"',
  ],
  ['  method: POST', '  methode: POST', 'login: unknown key "methode": did you mean "method"?'],
  ['  method: POST', '  json: { name: "{user}" }', 'login.json: expected `form` or `json`, got both'],
  [
    '    name: "{user}"',
    '    name: {user}',
    'login.form.name: expected a text, got keys with values: a text that has {…} or ": " in it needs quotes',
  ],
  ['    pass: "{password}"', '    pass:', 'login.form.pass: expected a text, got nothing'],
  ['    pass: "{password}"', '    pass: 1', 'login.form.pass: expected a text, got 1: put it in quotes, "1"'],
  [
    '  accepted: [302]',
    '  accepted: 302',
    'login.accepted: expected a list, each entry on a line that begins with "- ", got 302',
  ],
  [
    '  accepted: [302]',
    '  accepted: ["302"]',
    'login.accepted.0: expected a number, got "302": without quotes',
  ],
  ['  accepted: [302]', '  accepts: [302]', 'login: unknown key "accepts": did you mean "accepted"?'],
  ['  accepted: [302]', '  refused: "("', 'login.refused: expected a regular expression: '],
  [
    '  accepted: [302]',
    '  capture: { token: { json: token } }',
    'login.capture.token.json: expected a JSON pointer that begins with /, such as /user/name, got "token": write "/token"',
  ],
  [
    '  accepted: [302]',
    '  steps: { path: /a }',
    'login.steps: expected a list, each entry on a line that begins with "- ", got keys with values',
  ],
  // Texts that are found in pages.
  [
    'csrf: name="token" value="([^"]*)"',
    'csrf: token',
    'csrf: expected a regular expression with a group, such as',
  ],
  ['csrf: name="token" value="([^"]*)"', 'csrf: "(["', 'csrf: expected a regular expression: '],
  [
    'csrf: name="token" value="([^"]*)"',
    'csrf: { input: token }',
    'csrf: expected a regular expression with a group, { field: name }',
  ],
  [
    'csrf: name="token" value="([^"]*)"',
    'csrf: { field: "" }',
    'csrf.field: expected a name, got an empty text',
  ],
  [
    'csrf: name="token" value="([^"]*)"',
    'crsf: name="token" value="([^"]*)"',
    'unknown key "crsf": did you mean "csrf"?',
  ],
  [
    '  page: /account',
    '  page: account',
    'signedIn.page: expected a path that begins with /, got "account": write "/account"',
  ],
  [
    '  user: data-user="([^"]*)"',
    '  user: data-user=".*"',
    'signedIn.user: expected a regular expression with a group, such as data-user=',
  ],
  [
    '  user: data-user="([^"]*)"',
    '  user: { json: name }',
    'signedIn.user.json: expected a JSON pointer that begins with /, such as /user/name, got "name": write "/name"',
  ],
  [
    '  user: data-user="([^"]*)"',
    '  user:',
    'signedIn.user: expected a regular expression with a group, { json: /pointer } or { header: name }, got nothing',
  ],
  ['  user: data-user="([^"]*)"', '  selector: .user', 'signedIn: unknown key "selector"'],
  ['signedIn:', 'signedin:', 'unknown key "signedin": did you mean "signedIn"?'],
  ['signedIn:', 'signed_in:', 'unknown key "signed_in": did you mean "signedIn"?'],
  [
    '  status: [403]',
    '  status: 403',
    'signedOut.status: expected a list, each entry on a line that begins with "- ", got 403',
  ],
  [
    '  redirect: [/welcome]',
    '  redirect: [welcome]',
    'signedOut.redirect.0: expected a path that begins with /, or an address such as https://sso.example.test/login, got "welcome": write "/welcome"',
  ],
  // Probes.
  [
    '  - object: cart',
    '  - object: the cart',
    'probes.0.object: expected a name of letters, digits, _ or -, got "the cart"',
  ],
  ['  - object: cart', '  - name: cart', 'probes.0: unknown key "name": expected one of object'],
  [
    '    scope: session',
    '    scope: sessions',
    'probes.0.scope: expected one of session, user, all, got "sessions": did you mean "session"?',
  ],
  [
    '    scope: session',
    '    scope: global',
    'probes.0.scope: expected one of session, user, all, got "global"',
  ],
  [
    '    kind: list',
    '    kind: array',
    'probes.0.kind: expected one of set, list, bag, register, counter, got "array"',
  ],
  ['    kind: list', '    type: list', 'probes.0: unknown key "type"'],
  ['    cap: 20', '    cap: none', 'probes.0.cap: expected a number, got "none"'],
  ['    cap: 20', '    cap: 0', 'probes.0.cap: expected 1 or more, got 0'],
  [
    '      items: data-item="([^"]*)"',
    '      itmes: data-item="([^"]*)"',
    'probes.0.read: unknown key "itmes": did you mean "items"?',
  ],
  [
    '      items: data-item="([^"]*)"',
    '      items: data-item',
    'probes.0.read.items: expected a regular expression with a group',
  ],
  [
    '      path: /cart/add',
    '      path: cart/add',
    'probes.0.add.path: expected a path that begins with /, got "cart/add": write "/cart/add"',
  ],
  [
    '      form: { item: "{value}" }',
    '      form: { item: {value} }',
    'probes.0.add.form.item: expected a text, got keys with values',
  ],
  [
    '      form: { item: "{value}" }',
    '      form: item={value}',
    'probes.0.add.form: expected names with values, got "item={value}"',
  ],
  ['      form: { item: "{value}" }', '      body: { item: "{value}" }', 'probes.0.add: unknown key "body"'],
  // Other keys.
  [
    '  path: /logout',
    '  path: logout',
    'logout.path: expected a path that begins with /, got "logout": write "/logout"',
  ],
  ['logout:', 'log_out:', 'unknown key "log_out": did you mean "logout"?'],
  [
    '  read: /report',
    '  read: report',
    'slow.read: expected a path that begins with /, got "report": write "/report"',
  ],
  ['  read: /report', '  page: /report', 'slow: unknown key "page"'],
  ['busy: try again', 'busy: "*"', 'busy: expected a regular expression: '],
  ['busy: try again', 'busy: [try again]', 'busy: expected a text, got a list'],
  [
    'pages: [/profile]',
    'pages: /profile',
    'pages: expected a list, each entry on a line that begins with "- ", got "/profile": write "- /profile"',
  ],
  [
    'pages: [/profile]',
    'pages: [profile]',
    'pages.0: expected a path that begins with /, got "profile": write "/profile"',
  ],
  [
    'public: [/healthz]',
    'public: true',
    'public: expected a list, each entry on a line that begins with "- ", got true',
  ],
  ['  header: x-instance-id', '  header:', 'instance.header: expected a text, got nothing'],
  ['  header: x-instance-id', '  find: name', 'instance.find: expected a regular expression with a group'],
  [
    '  header: x-instance-id',
    '  cookies: SERVERID',
    'instance: unknown key "cookies": did you mean "cookie"?',
  ],
  [
    '  addresses: { a: "http://127.0.0.1:8081" }',
    '  addresses: { a: "127.0.0.1:8081" }',
    'instance.addresses.a: expected an http:// or https:// address, got "127.0.0.1:8081": write "http://127.0.0.1:8081"',
  ],
  [
    '  addresses: { a: "http://127.0.0.1:8081" }',
    '  addresses: ["http://127.0.0.1:8081"]',
    'instance.addresses: expected names with values, got a list',
  ],
  ['  weights: { a: 1 }', '  weights: { a: 0 }', 'instance.weights.a: expected more than 0, got 0'],
  [
    '  weights: { a: 1 }',
    '  weights: { a: "1" }',
    'instance.weights.a: expected a number, got "1": without quotes',
  ],
  ['  idle: 30m', '  idle: 30', 'expiry.idle: expected a text, got 30: put it in quotes'],
  [
    '  idle: 30m',
    '  idle: 30 minutes',
    'expiry.idle: expected a time such as 30m, 12h or 90s, got "30 minutes"',
  ],
  [
    '  renew: each',
    '  renew: always',
    'expiry.renew: expected one of each, half, write, never, got "always"',
  ],
  // Faults.
  ['faults:', 'fault:', 'unknown key "fault": did you mean "faults"?'],
  [
    '  db-stop:',
    '  all:',
    'faults.all: expected a name other than all and deploy, because --faults gives these another meaning, got "all"',
  ],
  [
    '  db-stop:',
    '  3:',
    'faults.3: expected a name of letters, digits, _ and - that begins with a letter, got "3"',
  ],
  [
    '    inject: systemctl stop db',
    '    inject: 7',
    'faults.db-stop.inject: expected a command: a text for the shell',
  ],
  [
    '    inject: systemctl stop db',
    '    inject: ""',
    'faults.db-stop.inject: expected a command, got an empty text',
  ],
  [
    '    inject: systemctl stop db',
    '    injekt: systemctl stop db',
    'faults.db-stop: unknown key "injekt": did you mean "inject"?',
  ],
  [
    '    inject: systemctl stop db',
    '    check: systemctl is-failed db',
    'faults.db-stop: expected one of `inject`, `compose`, `processes`, `kubernetes`, `autoScaling`, `elastiCache`, got none',
  ],
  [
    '    heal: [systemctl, start, db]',
    '    heal: [systemctl, 5]',
    'faults.db-stop.heal.1: expected a text, got 5: put it in quotes, "5"',
  ],
  [
    '    part: store',
    '    part: stores',
    'faults.db-stop.part: expected one of instance, balancer, store, got "stores": did you mean "store"?',
  ],
  [
    '    down: true',
    '    down: "yes"',
    'faults.db-stop.down: expected true or false, got "yes": write true or false',
  ],
  ['    lasts: 3s', '    lasts: 3', 'faults.db-stop.lasts: expected a text, got 3: put it in quotes'],
  [
    '    lasts: 3s',
    '    within: soon',
    'faults.db-stop.within: expected a time such as 30m, 12h or 90s, got "soon"',
  ],
  [
    '      service: web',
    '      services: web',
    'faults.web.compose: unknown key "services": did you mean "service"?',
  ],
  [
    '      service: web',
    '      file: no-such-compose.yaml',
    'faults.web.compose.service: missing: expected a text',
  ],
  [
    '      do: [kill, pause]',
    '      do: kill',
    'faults.web.compose.do: expected a list, each entry on a line that begins with "- ", got "kill": write "- kill"',
  ],
  [
    '      do: [kill, pause]',
    '      do: [kil]',
    'faults.web.compose.do.0: expected one of restart, kill, stop, pause, got "kil": did you mean "kill"?',
  ],
  [
    '      do: [kill, pause]',
    '      file: no-such-compose.yaml',
    'faults.web.compose.file: expected a file that exists, found none at ',
  ],
  [
    '      pidFiles: [worker.pid]',
    '      pidFile: worker.pid',
    'faults.worker.processes: unknown key "pidFile": did you mean "pidFiles"?',
  ],
  [
    '      pidFiles: [worker.pid]',
    '      pidFiles: worker.pid',
    'faults.worker.processes.pidFiles: expected a list, each entry on a line that begins with "- ", got "worker.pid"',
  ],
  [
    '      namespace: staging',
    '      do: [restart]',
    'faults.shop.kubernetes.do.0: expected one of rollout-restart, delete-pod, evict-pod, scale-out, scale-in, drain, got "restart"',
  ],
  [
    '    instances: 3',
    '    heal: kubectl rollout undo deployment/shop',
    'faults.shop.heal: expected `inject` in the same fault, got `kubernetes`, which sets `heal` itself: remove this key',
  ],
  [
    '    instances: 3',
    '    inject: kubectl delete pod',
    'faults.shop.inject: expected one of `inject`, `compose`, `processes`, `kubernetes`, `autoScaling`, `elastiCache`, got `kubernetes` too: write two',
  ],
  ['    instances: 3', '    instances: 0', 'faults.shop.instances: expected 1 or more, got 0'],
  ['  - standard', '  - standrad', 'claims: unknown guarantee "standrad": did you mean "standard"?'],
  ['  - standard', '  - Continuity', 'claims: unknown guarantee "Continuity": did you mean "continuity"?'],
  [
    '  - standard',
    '  - routing: round-robin',
    'claims.0.routing: expected one of spread, sticky, least-outstanding, got "round-robin"',
  ],
  [
    '  - standard',
    '  standard',
    'claims: expected a list, each entry on a line that begins with "- ", got "standard": write "- standard"',
  ],
  // YAML syntax.
  ['name: shop', 'name: "shop', 'not YAML'],
  ['  page: /login', '\tpage: /login', 'not YAML'],
  ['name: shop', 'name: *shop', 'not YAML'],
  ['name: shop', 'url: http://127.0.0.1:1', 'not YAML: Map keys must be unique'],
];
