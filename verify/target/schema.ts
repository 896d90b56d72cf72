/** The schema of the target file, which describes the system under test (docs/target-file.md). */
import { z } from 'zod';
import { account } from './schema-accounts.ts';
import { faults } from './schema-faults.ts';
import { mail } from './schema-mail.ts';
import { destination, origin, path, pattern, regex, share, shown, time, token } from './schema-parts.ts';
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
      'The sessions that share the object: one session, all sessions of a user, or the sessions of all users.',
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

/** Slow requests of the target. Workloads with races need them. */
const slow = z.strictObject({
  read: path.optional().describe('A slow page that changes nothing.'),
  write: request
    .safeExtend({ object: z.string().optional() })
    .optional()
    .describe(
      'A slow request that changes the session. With `object` and {value}, it adds a value to that probe.',
    ),
});

/** Defines how to recognise the instance of a response, and how to reach an instance. */
const instance = z.strictObject({
  header: z
    .string()
    .min(1)
    .optional()
    .describe('Response header that names the instance. If it has several values, the last one counts.'),
  find: regex
    .optional()
    .describe(
      'Finds the name of the instance in a header that has other content too, such as Server-Timing or Via.',
    ),
  cookie: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Cookie of the balancer that names the instance. If the response does not set it, the request's cookie counts.",
    ),
  body: shown.optional().describe('Finds the name of the instance in a page.'),
  version: z
    .strictObject({ header: z.string().min(1).optional(), find: regex.optional() })
    .refine(
      ({ header, find }) => header !== undefined || find !== undefined,
      'expected `header`, `find` or both',
    )
    .optional()
    .describe(
      'Finds the version of the app that sent a response: in a header, or by `find` in the name of the instance. The command `gate` needs it.',
    ),
  addresses: z
    .record(z.string(), z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }))
    .optional()
    .describe(
      'Addresses of the instances for requests that bypass the balancer. The keys are the names of the instances.',
    ),
  steer: z
    .union([z.strictObject({ header: z.string().min(1) }), z.strictObject({ cookie: z.string().min(1) })])
    .optional()
    .describe(
      'A request header or cookie whose value names an instance. The balancer routes the request to that instance.',
    ),
  sticky: z
    .string()
    .min(1)
    .optional()
    .describe('The cookie with which a sticky balancer pins a client to an instance.'),
  weights: z
    .record(z.string(), z.number().positive())
    .optional()
    .describe('Weight of each instance at the balancer. Only the ratios count; equal by default.'),
});

/** Limits of the app on the sessions of a user. */
const sessions = z.strictObject({
  most: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Maximum number of concurrent sessions. One more login ends the oldest session, or is refused.',
    ),
  logout: z
    .enum(['one', 'all'])
    .default('one')
    .describe(
      'The sessions that a logout ends: only its own session (`one`), or all sessions of the user (`all`).',
    ),
  every: time.optional().describe('Minimum interval between two logins.'),
});

/** Attributes that a session cookie must have. */
const attributes = z
  .strictObject({
    sameSite: z
      .enum(['Strict', 'Lax', 'None'])
      .transform(value => value.toLowerCase())
      .optional(),
    httpOnly: z.boolean().optional(),
    secure: z.boolean().optional(),
    path: path.optional(),
    domain: z.string().min(1).optional(),
  })
  // A key without a value must not count as declared.
  .transform(given => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

/** Timeouts of a session. */
const expiry = z.strictObject({
  idle: time.optional().describe('Timeout without activity.'),
  absolute: time.optional().describe('Timeout after the login, regardless of activity.'),
  renew: z
    .enum(['each', 'half', 'write', 'never'])
    .default('each')
    .describe(
      'The requests that renew the idle timeout: all, those after half of the timeout, those that write, or none.',
    ),
});

/** Limits on the effects of a fault. */
const budget = z.strictObject({
  survival: share
    .optional()
    .describe('Minimum share of sessions, and of acknowledged writes, that survive the fault.'),
  errors: share.optional().describe('Maximum share of requests that fail.'),
  gap: time.optional().describe('Maximum time without any response while requests wait.'),
  wait: time
    .optional()
    .describe(
      'Maximum time until a response, including retries. If set for all faults, it also applies without a fault.',
    ),
  recovery: time.optional().describe('Maximum time until all instances are healthy again.'),
});

/** The keys of a target file. `targetSchema` adds the rules that concern several keys. */
export const targetKeys = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().min(1).default('target'),
  url: z.url({
    protocol: /^https?$/,
    error: 'expected an http:// or https:// address',
  }),
  origins: z
    .array(origin)
    .default([])
    .describe(
      'Other hosts that take part in logins and logouts, such as an identity provider. Only they are visited.',
    ),
  headers: texts
    .default({})
    .describe(
      'Headers of every request, even `Host`. A header with a {captured} value is omitted until there is a value.',
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
    .describe(
      'Sessions that exist already, in the place of `login`: from a file, the environment or a command.',
    ),
  register: request
    .safeExtend({ page: path.optional(), steps: z.array(registerStep).default([]) })
    .optional()
    .describe('The request that registers an account. It is sent before the first login of the account.'),
  refresh: request
    .safeExtend(refreshKeys)
    .optional()
    .describe('The request that gets a new access token for a refresh token.'),
  signedIn: z
    .strictObject({
      page: path,
      json: z
        .json()
        .optional()
        .describe('A JSON body: the page is then requested by POST, as for GraphQL and JSON-RPC.'),
      user: shown,
    })
    .describe('Finds the signed-in user in a page that shows it.'),
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
          'Maximum response times while nothing is disturbed: the time within which this share of responses comes.',
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
        /** Cookies must also satisfy OWASP ASVS: at least 128 bits, and the prefix __Host- or __Secure-. */
        z.strictObject({ 'cookie-policy': z.literal('asvs') }),
        /** A signed-in response without a caching directive is a violation. */
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
/** A request that ends sessions, with its `steps`. */
export type EndingSpec = NonNullable<TargetFile['logout']>;
export type RefreshSpec = NonNullable<TargetFile['refresh']>;
export type RegisterSpec = NonNullable<TargetFile['register']>;
export type StepSpec = LoginSpec['steps'][number] | RegisterSpec['steps'][number];
