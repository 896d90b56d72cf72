/** The schema of the target file, which describes the system under test (docs/target-file.md). */
import { z } from 'zod';
import { account } from './schema-accounts.ts';
import { faults } from './schema-faults.ts';
import { destination, path, pattern, regex, share, shown, time, token } from './schema-parts.ts';

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

/** Requests to send before, in order. */
const steps = { steps: z.array(request.safeExtend({ capture: capture.default({}) })).default([]) };

const write = request.safeExtend({
  /** Finds the message of success, in the response or after its redirect. Without it, the write may have happened. */
  confirmed: pattern.optional(),
});

const probe = z.strictObject({
  object: z.string().regex(/^[\w-]+$/, 'expected a name of letters, digits, _ or -'),
  /** Who shares the object: one session, all sessions of a user, or all users. */
  scope: z.enum(['session', 'user', 'all']).default('session'),
  /** set: values without order · list: in the order of their adds · bag: a list with repeats · register, counter */
  kind: z.enum(['set', 'list', 'bag', 'register', 'counter']).default('set'),
  /** The largest number of values that the app keeps. */
  cap: z.int().min(1).optional(),
  /** Length of the longest text that the app shows unchanged; by default Baton measures it. */
  longest: z.int().min(1).optional(),
  read: z.strictObject({
    path,
    items: shown,
    /** Finds the part of the page that is the list, because the same text may appear elsewhere. */
    within: regex.optional(),
    /** Finds the address of the list's next page; by default Baton follows the usual links. */
    next: shown.optional(),
    /** The largest number of values on one page. */
    rows: z.int().min(1).optional(),
  }),
  add: write.optional(),
  remove: write.optional(),
  /** Replaces the value of a register. */
  set: write.optional(),
  /** Increments a counter by one. */
  increment: write.optional(),
});

/** Slow requests of the target, which races need. */
const slow = z.strictObject({
  /** A slow page that changes nothing. */
  read: path.optional(),
  /** A slow request that changes the session; with `object` and {value} it adds to a probe. */
  write: request.safeExtend({ object: z.string().optional() }).optional(),
});

/** How to recognise an instance, and how to reach one. */
const instance = z.strictObject({
  /** Response header that names the instance; of several values the last counts. */
  header: z.string().min(1).optional(),
  /** Finds the name in a header with more content, such as Server-Timing or Via. */
  find: regex.optional(),
  /** Cookie of the balancer that names the instance: the one in the response, else the one in the request. */
  cookie: z.string().min(1).optional(),
  /** Finds the name in a page. */
  body: shown.optional(),
  /** Addresses of the instances, past the balancer, by the name in `header`. */
  addresses: z
    .record(z.string(), z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }))
    .optional(),
  /** A request header or cookie; the balancer routes the request to the instance that its value names. */
  steer: z
    .union([z.strictObject({ header: z.string().min(1) }), z.strictObject({ cookie: z.string().min(1) })])
    .optional(),
  /** The cookie with which a sticky balancer pins a client to an instance. */
  sticky: z.string().min(1).optional(),
  /** Shares of the instances, on any scale; equal by default. */
  weights: z.record(z.string(), z.number().positive()).optional(),
});

/** Limits of the app on the sessions of a user. */
const sessions = z.strictObject({
  /** The largest number of concurrent sessions; one more ends the oldest, or the login is refused. */
  most: z.int().min(1).optional(),
  /** Which sessions a logout ends: its own, or all sessions of the user. */
  logout: z.enum(['one', 'all']).default('one'),
  /** The shortest time between two logins. */
  every: time.optional(),
});

/** How long a session lives. */
const expiry = z.strictObject({
  /** Timeout without activity. */
  idle: time.optional(),
  /** Timeout after the login, regardless of activity. */
  absolute: time.optional(),
  /** Which requests renew the idle time: each, those past half of it, those that write, none. */
  renew: z.enum(['each', 'half', 'write', 'never']).default('each'),
});

/** Limits on the effects of a fault. */
const budget = z.strictObject({
  /** Share of sessions, and of acknowledged writes, that must outlive the fault. */
  survival: share.optional(),
  /** Share of requests that may fail. */
  errors: share.optional(),
  /** The longest time in which requests wait and none gets a response. */
  gap: time.optional(),
  /** The longest time until a client gets its response, retries included; for all faults, it also holds outside them. */
  wait: time.optional(),
  /** The longest time until all instances are healthy again. */
  recovery: time.optional(),
});

export const targetSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().min(1).default('target'),
  url: z.url({
    protocol: /^https?$/,
    error: 'expected an http:// or https:// address',
  }),
  /** Headers of every request, also `Host`. A header with a {captured} value is left out until there is a value. */
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
      /** Requests a second. */
      requests: z.number().positive().optional(),
      /** Requests in flight at once. */
      connections: z.int().min(1).optional(),
    })
    .optional(),
  accounts: z.array(account).min(1),
  login: request.safeExtend({
    /** The page with the login form; without one, Baton requests `signedIn.page`. */
    page: path.optional(),
    /** Statuses of the response to an accepted login; by default Baton finds out. */
    accepted: z.array(z.int()).optional(),
    /** Follows the redirects of the response; the session is signed in at their end. */
    follow: z.boolean().default(false),
    /** Finds a refused login, in the response or in the path of its redirect. */
    refused: pattern.optional(),
    /** Values of the response that later requests send. */
    capture: capture.default({}),
    /** HTTP Basic: this request and all later ones carry the user and the password. */
    basic: z.boolean().default(false),
    ...steps,
  }),
  /** How to register an account, before its first login. */
  register: request.safeExtend({ page: path.optional(), ...steps }).optional(),
  /** Finds the signed-in user in a page that shows it. */
  signedIn: z.strictObject({ page: path, user: shown }),
  /** Responses that mean "signed out", besides 401 and a redirect to the login page. */
  signedOut: z
    .strictObject({ status: z.array(z.int()).default([]), redirect: z.array(destination).default([]) })
    .optional(),
  /** Finds the form token: in a page, a header or a cookie. */
  csrf: token.optional(),
  probes: z.array(probe).default([]),
  logout: request.safeExtend(steps).optional(),
  /** Ends all sessions of the user. */
  logoutEverywhere: request.safeExtend(steps).optional(),
  sessions: sessions.optional(),
  slow: slow.optional(),
  /** Finds "busy, try again" in a response: the request was refused and had no effect. */
  busy: pattern.optional(),
  /** More pages that only a signed-in user sees. */
  pages: z.array(path).default([]),
  /** Health checks and static files, which need no session and create none. */
  public: z.array(path).default([]),
  instance: instance.optional(),
  expiry: expiry.optional(),
  /** The longest time until a response while the store is down. */
  deadline: time.optional(),
  /** Limits on the effects of a fault; `faults` overrides them for single faults, by name. */
  budgets: budget.extend({ faults: z.record(z.string(), budget).optional() }).optional(),
  /** Faults of this system, by the names for `--faults`. */
  faults: faults.optional(),
  claims: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          routing: z.enum(['spread', 'sticky', 'least-outstanding']),
        }),
        /** Cookies must also satisfy OWASP ASVS: 128 bits, __Host- or __Secure-. */
        z.strictObject({ 'cookie-policy': z.literal('asvs') }),
        /** A signed-in response without any caching directive is a violation. */
        z.strictObject({ 'private-responses': z.literal('strict') }),
      ]),
    )
    .default(['standard']),
});

export type TargetFile = z.infer<typeof targetSchema>;
export type RequestSpec = z.infer<typeof request>;
export type Probe = z.infer<typeof probe>;
export type WriteSpec = z.infer<typeof write>;
/** A request that ends sessions, with its `steps`. */
export type EndingSpec = NonNullable<TargetFile['logout']>;
export type RegisterSpec = NonNullable<TargetFile['register']>;
export type StepSpec = TargetFile['login']['steps'][number];
