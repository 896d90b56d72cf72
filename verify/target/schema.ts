/** The schema of the target file, which describes the system under test (docs/target-file.md). */
import { z } from 'zod';
import { account } from './schema-accounts.ts';
import { faults } from './schema-faults.ts';
import { destination, path, pattern, regex, share, shown, time, token } from './schema-parts.ts';
import { session } from './schema-session.ts';

const texts = z.record(z.string(), z.string());

const request = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
    path,
    /** Form fields; Baton fills in {user}, {password}, {csrf}, {value} and captured values. */
    form: texts.default({}),
    /** A JSON body instead of a form, with the same placeholders. */
    json: z.json().optional(),
    headers: texts.default({}),
  })
  .refine(({ form, json: body }) => body === undefined || Object.keys(form).length === 0, {
    error: 'expected `form` or `json`, got both',
    path: ['json'],
  });

/** Values of a response that later requests send; `{name}` stands for the value. */
const capture = z.record(z.string().regex(/^\w+$/, 'expected a name of letters, digits or _'), token);

/** Requests to send before the main request, in order. */
const steps = { steps: z.array(request.safeExtend({ capture: capture.default({}) })).default([]) };

const write = request.safeExtend({
  /** Finds the message of success in the response or after its redirect. Without it, the outcome is unknown. */
  confirmed: pattern.optional(),
});

const probe = z.strictObject({
  object: z.string().regex(/^[\w-]+$/, 'expected a name of letters, digits, _ or -'),
  /** The sessions that share the object: one session, all sessions of a user, or the sessions of all users. */
  scope: z.enum(['session', 'user', 'all']).default('session'),
  /** set: values without order · list: in the order of the adds · bag: a list with repeats · register · counter */
  kind: z.enum(['set', 'list', 'bag', 'register', 'counter']).default('set'),
  /** Maximum number of values that the app keeps in the object. */
  cap: z.int().min(1).optional(),
  /** Length of the longest text that the app shows unchanged; by default Baton measures it. */
  longest: z.int().min(1).optional(),
  read: z.strictObject({
    path,
    /** A JSON body: the read is then a POST, as for GraphQL and JSON-RPC. */
    json: z.json().optional(),
    items: shown,
    /** Finds the part of the page that has the list, because the same text may appear elsewhere on the page. */
    within: regex.optional(),
    /** Finds the address of the next page of the list. By default Baton follows links such as rel="next". */
    next: shown.optional(),
    /** Maximum number of values on one page. */
    rows: z.int().min(1).optional(),
  }),
  add: write.optional(),
  remove: write.optional(),
  /** Replaces the value of a register. */
  set: write.optional(),
  /** Increments a counter by one. */
  increment: write.optional(),
});

/** Slow requests of the target. Workloads with races need them. */
const slow = z.strictObject({
  /** A slow page that changes nothing. */
  read: path.optional(),
  /** A slow request that changes the session. With `object` and {value}, it adds a value to that probe. */
  write: request.safeExtend({ object: z.string().optional() }).optional(),
});

/** Defines how to recognise the instance of a response, and how to reach an instance. */
const instance = z.strictObject({
  /** Response header that names the instance. If it has several values, the last one counts. */
  header: z.string().min(1).optional(),
  /** Finds the name of the instance in a header that has other content too, such as Server-Timing or Via. */
  find: regex.optional(),
  /** Cookie of the balancer that names the instance. If the response does not set it, the request's cookie counts. */
  cookie: z.string().min(1).optional(),
  /** Finds the name of the instance in a page. */
  body: shown.optional(),
  /**
   * Finds the version of the app that sent a response: in a header, or by `find` in the name of the instance. The
   * command `gate` needs it.
   */
  version: z
    .strictObject({ header: z.string().min(1).optional(), find: regex.optional() })
    .refine(
      ({ header, find }) => header !== undefined || find !== undefined,
      'expected `header`, `find` or both',
    )
    .optional(),
  /** Addresses of the instances for requests that bypass the balancer. The keys are the names of the instances. */
  addresses: z
    .record(z.string(), z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }))
    .optional(),
  /** A request header or cookie whose value names an instance. The balancer routes the request to that instance. */
  steer: z
    .union([z.strictObject({ header: z.string().min(1) }), z.strictObject({ cookie: z.string().min(1) })])
    .optional(),
  /** The cookie with which a sticky balancer pins a client to an instance. */
  sticky: z.string().min(1).optional(),
  /** Weight of each instance at the balancer. Only the ratios count; equal by default. */
  weights: z.record(z.string(), z.number().positive()).optional(),
});

/** Limits of the app on the sessions of a user. */
const sessions = z.strictObject({
  /** Maximum number of concurrent sessions. One more login ends the oldest session, or is refused. */
  most: z.int().min(1).optional(),
  /** The sessions that a logout ends: only its own session (`one`), or all sessions of the user (`all`). */
  logout: z.enum(['one', 'all']).default('one'),
  /** Minimum interval between two logins. */
  every: time.optional(),
});

/** Timeouts of a session. */
const expiry = z.strictObject({
  /** Timeout without activity. */
  idle: time.optional(),
  /** Timeout after the login, regardless of activity. */
  absolute: time.optional(),
  /** The requests that renew the idle timeout: all, those after half of the timeout, those that write, or none. */
  renew: z.enum(['each', 'half', 'write', 'never']).default('each'),
});

/** Limits on the effects of a fault. */
const budget = z.strictObject({
  /** Minimum share of sessions, and of acknowledged writes, that survive the fault. */
  survival: share.optional(),
  /** Maximum share of requests that fail. */
  errors: share.optional(),
  /** Maximum time without any response while requests wait. */
  gap: time.optional(),
  /** Maximum time until a response, including retries. If set for all faults, it also applies without a fault. */
  wait: time.optional(),
  /** Maximum time until all instances are healthy again. */
  recovery: time.optional(),
});

const whole = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().min(1).default('target'),
  url: z.url({
    protocol: /^https?$/,
    error: 'expected an http:// or https:// address',
  }),
  /** Headers of every request, even `Host`. A header with a {captured} value is omitted until there is a value. */
  headers: texts.default({}),
  tls: z
    .strictObject({
      /** A file with the certificates of trusted authorities, in PEM. */
      ca: z.string().min(1).optional(),
      /** Disables the check of certificates. */
      insecure: z.boolean().default(false),
    })
    .optional(),
  /** Limits that Baton never exceeds. */
  limits: z
    .strictObject({
      /** Maximum number of requests per second. */
      requests: z.number().positive().optional(),
      /** Maximum number of requests in flight. */
      connections: z.int().min(1).optional(),
    })
    .optional(),
  accounts: z.array(account).min(1),
  login: request
    .safeExtend({
      /** The page with the login form; without one, Baton requests `signedIn.page`. */
      page: path.optional(),
      /** Statuses of the response to an accepted login. By default Baton finds out whether a login was accepted. */
      accepted: z.array(z.int()).optional(),
      /** True: follows the redirects of the response, because the session is signed in only at their end. */
      follow: z.boolean().default(false),
      /** Finds a refused login, in the response or in the path of its redirect. */
      refused: pattern.optional(),
      /** Values of the login response that later requests send. */
      capture: capture.default({}),
      /** True: uses HTTP Basic, so the login request and all later requests carry the user and the password. */
      basic: z.boolean().default(false),
      ...steps,
    })
    .optional(),
  /** Sessions that exist already, in the place of `login`: from a file, the environment or a command. */
  session: session.optional(),
  /** The request that registers an account. It is sent before the first login of the account. */
  register: request.safeExtend({ page: path.optional(), ...steps }).optional(),
  /** Finds the signed-in user in a page that shows it. */
  signedIn: z.strictObject({
    page: path,
    /** A JSON body: the page is then requested by POST, as for GraphQL and JSON-RPC. */
    json: z.json().optional(),
    user: shown,
  }),
  /** Responses that mean "signed out", in addition to 401 and a redirect to the login page. */
  signedOut: z
    .strictObject({ status: z.array(z.int()).default([]), redirect: z.array(destination).default([]) })
    .optional(),
  /** Finds the form token in a page, a header or a cookie. */
  csrf: token.optional(),
  probes: z.array(probe).default([]),
  logout: request.safeExtend(steps).optional(),
  /** Ends all sessions of the user. */
  logoutEverywhere: request.safeExtend(steps).optional(),
  sessions: sessions.optional(),
  slow: slow.optional(),
  /** Finds "busy, try again" in a response: the request was refused and had no effect. */
  busy: pattern.optional(),
  /** Additional pages that only a signed-in user can see. */
  pages: z.array(path).default([]),
  /** Paths of health checks and static files. They need no session and create no session. */
  public: z.array(path).default([]),
  instance: instance.optional(),
  expiry: expiry.optional(),
  /** Maximum time until a response while the store is down. */
  deadline: time.optional(),
  /** Limits on the effects of faults. `faults` overrides them for single faults, by their names. */
  budgets: budget
    .extend({
      /** Maximum response times while nothing is disturbed: the time within which this share of responses comes. */
      latency: z
        .strictObject({
          p50: time.optional(),
          p90: time.optional(),
          p95: time.optional(),
          p99: time.optional(),
        })
        .optional(),
      faults: z.record(z.string(), budget).optional(),
    })
    .optional(),
  /** Faults of this system. `--faults` runs them by their names. */
  faults: faults.optional(),
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

export const targetSchema = whole.superRefine(({ login, session: made, register, accounts }, context) => {
  const wrong = (message: string, ...path: (string | number)[]): void =>
    context.addIssue({ code: 'custom', message, path });
  if (login === undefined && made === undefined)
    return wrong('missing: expected a login; or `session` instead', 'login');
  if (made === undefined) {
    accounts.forEach((one, i) => {
      if ((one.csv ?? one.password ?? one.passwordFile) === undefined)
        wrong('missing: expected a text', 'accounts', i, 'password');
    });
    return;
  }
  if (login !== undefined) wrong('expected `login` or `session`, got both', 'session');
  if (register !== undefined) wrong('expected `login` beside it: `session` begins no session', 'register');
});

export type TargetFile = z.infer<typeof whole>;
export type LoginSpec = NonNullable<TargetFile['login']>;
export type RequestSpec = z.infer<typeof request>;
export type Probe = z.infer<typeof probe>;
export type WriteSpec = z.infer<typeof write>;
/** A request that ends sessions, with its `steps`. */
export type EndingSpec = NonNullable<TargetFile['logout']>;
export type RegisterSpec = NonNullable<TargetFile['register']>;
export type StepSpec = LoginSpec['steps'][number];
