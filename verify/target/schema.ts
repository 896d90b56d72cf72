/** The schema of the target file, which describes the system under test (docs/target-file.md). */
import { z } from 'zod';
import { account } from './schema-accounts.ts';
import { attributes, budget, expiry, sessions } from './schema-declared.ts';
import { faults } from './schema-faults.ts';
import { instance } from './schema-instance.ts';
import { mail } from './schema-mail.ts';
import { destination, origin, path, pattern, regex, shown, time, token } from './schema-parts.ts';
import { refreshKeys } from './schema-refresh.ts';
import {
  capture,
  ending,
  entering,
  loginStep,
  registerStep,
  request,
  texts,
  write,
} from './schema-requests.ts';
import { session } from './schema-session.ts';

const probe = z.strictObject({
  object: z.string().regex(/^[\w-]+$/, 'expected a name of letters, digits, _ or -'),
  scope: z
    .enum(['session', 'user', 'all'])
    .default('session')
    .describe(
      'Which sessions share the object: none (each session has its own), all sessions of a user, or all sessions.',
    ),
  kind: z
    .enum(['set', 'list', 'bag', 'register', 'counter'])
    .default('set')
    .describe(
      'set: values without order · list: in the order of the adds · bag: a list with repeats · register · counter',
    ),
  cap: z.int().min(1).optional().describe('Maximum number of values that the app keeps in the object.'),
  longest: z
    .int()
    .min(1)
    .optional()
    .describe('Length of the longest text that the app shows unchanged; by default Baton measures it.'),
  read: z.strictObject({
    path,
    json: z.json().optional().describe('A JSON body: the read is then a POST, as for GraphQL and JSON-RPC.'),
    items: shown,
    within: regex
      .optional()
      .describe(
        'Finds the part of the page that has the list, because the same text may appear elsewhere on the page.',
      ),
    next: shown
      .optional()
      .describe(
        'Finds the address of the next page of the list. By default Baton follows links such as rel="next".',
      ),
    rows: z.int().min(1).optional().describe('Maximum number of values on one page.'),
  }),
  add: write.optional(),
  remove: write.optional(),
  set: write.optional().describe('Replaces the value of a register.'),
  increment: write.optional().describe('Increments a counter by one.'),
});

/** Slow requests. While a slow request is in flight, Baton sends quick requests. */
const slow = z.strictObject({
  read: path.optional().describe('A slow page that changes nothing.'),
  write: request
    .safeExtend({ object: z.string().optional() })
    .optional()
    .describe(
      'A slow request that changes the session. With `object` and {value}, it adds a value to that probe.',
    ),
});

/** The keys of a target file, without the rules that compare several keys. */
export const targetKeys = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().min(1).default('target'),
  url: z
    .url({
      protocol: /^https?$/,
      error: 'expected an http:// or https:// address',
    })
    .refine(text => !/[?#]/.test(text), 'expected an address without a query: paths are added to it'),
  origins: z
    .array(origin)
    .default([])
    .describe(
      'Other hosts that take part in logins and logouts, such as an identity provider. Baton visits no other hosts.',
    ),
  headers: texts
    .default({})
    .describe(
      'Headers of every request, even `Host`. A header with a {captured} value is sent only after the value was captured.',
    ),
  tls: z
    .strictObject({
      ca: z
        .string()
        .min(1)
        .optional()
        .describe('A file with the certificates of trusted authorities, in PEM.'),
      insecure: z.boolean().default(false).describe('Disables the check of certificates.'),
    })
    .optional(),
  limits: z
    .strictObject({
      requests: z.number().positive().optional().describe('Maximum number of requests per second.'),
      connections: z.int().min(1).optional().describe('Maximum number of requests in flight.'),
    })
    .optional()
    .describe('Limits that Baton never exceeds.'),
  accounts: z.array(account).min(1),
  login: entering
    .safeExtend({
      page: path
        .optional()
        .describe('The page with the login form; without one, Baton requests `signedIn.page`.'),
      accepted: z
        .array(z.int())
        .optional()
        .describe(
          'Statuses of the response to an accepted login. By default Baton finds out whether a login was accepted.',
        ),
      follow: z
        .boolean()
        .default(false)
        .describe(
          'True: follows the redirects of the response, because the session is signed in only at their end.',
        ),
      refused: pattern
        .optional()
        .describe('Finds a refused login, in the response or in the path of its redirect.'),
      capture: capture.default({}).describe('Values of the login response that later requests send.'),
      basic: z
        .boolean()
        .default(false)
        .describe(
          'True: uses HTTP Basic, so the login request and all later requests carry the user and the password.',
        ),
      steps: z.array(loginStep).default([]),
    })
    .optional(),
  mail: mail
    .optional()
    .describe('Where to read the newest mail to a user, for steps of a login with `mail`.'),
  session: session
    .optional()
    .describe('Existing sessions to use instead of `login`: from a file, the environment or a command.'),
  register: request
    .safeExtend({ page: path.optional(), steps: z.array(registerStep).default([]) })
    .optional()
    .describe('The request that registers an account. It is sent before the first login of the account.'),
  refresh: request
    .safeExtend(refreshKeys)
    .optional()
    .describe('The request that sends the refresh token and gets a new access token.'),
  signedIn: z
    .strictObject({
      page: path,
      json: z
        .json()
        .optional()
        .describe('A JSON body: the page is then requested by POST, as for GraphQL and JSON-RPC.'),
      user: shown,
    })
    .describe('Finds the name of the signed-in user in a page.'),
  signedOut: z
    .strictObject({ status: z.array(z.int()).default([]), redirect: z.array(destination).default([]) })
    .optional()
    .describe('Responses that mean "signed out", in addition to 401 and a redirect to the login page.'),
  csrf: token.optional().describe('Finds the form token in a page, a header or a cookie.'),
  probes: z.array(probe).default([]),
  logout: ending
    .safeExtend({
      provider: z
        .boolean()
        .optional()
        .describe(
          'True: the logout also ends the session at the identity provider, so the next login asks for the password.',
        ),
    })
    .optional(),
  logoutEverywhere: ending.optional().describe('Ends all sessions of the user.'),
  sessions: sessions.optional(),
  slow: slow.optional(),
  busy: pattern
    .optional()
    .describe('Finds "busy, try again" in a response: the request was refused and had no effect.'),
  pages: z.array(path).default([]).describe('Additional pages that only a signed-in user can see.'),
  public: z
    .array(path)
    .default([])
    .describe('Paths of health checks and static files. They need no session and create no session.'),
  instance: instance.optional(),
  cookies: z
    .record(z.string(), attributes)
    .optional()
    .describe(
      'Attributes of session cookies, by their names. `cookie-policy` compares them with those that the app sets.',
    ),
  expiry: expiry.optional(),
  deadline: time.optional().describe('Maximum time until a response while the store is down.'),
  budgets: budget
    .extend({
      latency: z
        .strictObject({
          p50: time.optional(),
          p90: time.optional(),
          p95: time.optional(),
          p99: time.optional(),
        })
        .optional()
        .describe(
          'Maximum response times without a fault, by share: with `p95`, 95 % of the responses arrive within this time.',
        ),
      faults: z.record(z.string(), budget).optional(),
    })
    .optional()
    .describe('Limits on the effects of faults. `faults` overrides them for single faults, by their names.'),
  faults: faults.optional().describe('Faults of this system. `--faults` runs them by their names.'),
  claims: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          routing: z.enum(['spread', 'sticky', 'least-outstanding']),
        }),
        /**
         * `asvs`: cookies must also satisfy OWASP ASVS: ids of at least 128 bits, and the prefix __Host- or __Secure-.
         */
        z.strictObject({ 'cookie-policy': z.literal('asvs') }),
        /** `strict`: a signed-in response without a caching directive is a violation too. */
        z.strictObject({ 'private-responses': z.literal('strict') }),
      ]),
    )
    .default(['standard']),
});

export type TargetFile = z.infer<typeof targetKeys>;
export type LoginSpec = NonNullable<TargetFile['login']>;
export type RequestSpec = z.infer<typeof request>;
export type Probe = z.infer<typeof probe>;
export type WriteSpec = z.infer<typeof write>;
/** A request that ends sessions, with the `steps` before it. */
export type EndingSpec = NonNullable<TargetFile['logout']>;
export type RefreshSpec = NonNullable<TargetFile['refresh']>;
export type RegisterSpec = NonNullable<TargetFile['register']>;
export type StepSpec = LoginSpec['steps'][number] | RegisterSpec['steps'][number];
