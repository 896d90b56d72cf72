/** The target file: what a person writes about the system under test (docs/target-file.md). */
import { z } from 'zod';
import { account } from './schema-accounts.ts';
import { faults } from './schema-faults.ts';
import { destination, path, pattern, regex, share, shown, time, token } from './schema-parts.ts';

const texts = z.record(z.string(), z.string());

const request = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
    path,
    /** Form fields; {user}, {password}, {csrf}, {value} and what was captured are filled in. */
    form: texts.default({}),
    /** The body as JSON instead, filled in likewise. */
    json: z.json().optional(),
    headers: texts.default({}),
  })
  .refine(({ form, json: body }) => body === undefined || Object.keys(form).length === 0, {
    error: 'expected `form` or `json`, got both',
    path: ['json'],
  });

/** What an answer holds that later requests send: by its name, which stands for it in {braces}. */
const capture = z.record(z.string().regex(/^\w+$/, 'expected a name of letters, digits or _'), token);

/** Requests that are sent first, in order. */
const steps = { steps: z.array(request.safeExtend({ capture: capture.default({}) })).default([]) };

const write = request.safeExtend({
  /** Finds the message, in its answer or where that leads, without which the write may or may not have happened. */
  confirmed: pattern.optional(),
});

const probe = z.strictObject({
  object: z.string().regex(/^[\w-]+$/, 'expected a name of letters, digits, _ or -'),
  /** Whose it is: one session's, one user's with all sessions, or all users'. */
  scope: z.enum(['session', 'user', 'all']).default('session'),
  /** set: values without order · list: in the order of their adds · bag: a list with repeats · register, counter */
  kind: z.enum(['set', 'list', 'bag', 'register', 'counter']).default('set'),
  /** The app keeps at most so many values. */
  cap: z.int().min(1).optional(),
  /** The longest text that the app shows as it was sent; found out when absent. */
  longest: z.int().min(1).optional(),
  read: z.strictObject({
    path,
    items: shown,
    /** Finds the part of the page that is the list: the same text may stand elsewhere. */
    within: regex.optional(),
    /** Finds the address of the list's next page; found by itself where it is told as usual. */
    next: shown.optional(),
    /** The app shows so many values on a page at the most. */
    rows: z.int().min(1).optional(),
  }),
  add: write.optional(),
  remove: write.optional(),
  /** Replaces the value of a register. */
  set: write.optional(),
  /** Counts a counter up by one. */
  increment: write.optional(),
});

/** What takes the target long, on purpose of its own: races need it. */
const slow = z.strictObject({
  /** A page that takes long and changes nothing. */
  read: path.optional(),
  /** A request that takes long and changes the session; with `object` and {value} it adds to a probe. */
  write: request.safeExtend({ object: z.string().optional() }).optional(),
});

/** How an instance is recognised, and how to reach a given one. */
const instance = z.strictObject({
  /** Response header that names it; of several values the last, which is the one that answered. */
  header: z.string().min(1).optional(),
  /** Finds the name in that header, where it says more: Server-Timing, Via. */
  find: regex.optional(),
  /** Cookie of the balancer that names it: the one that the answer sets, else the one that was sent. */
  cookie: z.string().min(1).optional(),
  /** Finds the name in a page. */
  body: shown.optional(),
  /** Addresses of the single instances, past the balancer, by the name that `header` gives. */
  addresses: z
    .record(z.string(), z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }))
    .optional(),
  /** A request header, or a cookie, by whose value the balancer sends a request to the instance of that name. */
  steer: z
    .union([z.strictObject({ header: z.string().min(1) }), z.strictObject({ cookie: z.string().min(1) })])
    .optional(),
  /** The cookie by which a sticky balancer keeps a client on its instance. */
  sticky: z.string().min(1).optional(),
  /** Shares of the instances, on any scale; equal when absent. */
  weights: z.record(z.string(), z.number().positive()).optional(),
});

/** What the app allows a user. */
const sessions = z.strictObject({
  /** Sessions at the same time: with one more the oldest ends, or the login is refused. */
  most: z.int().min(1).optional(),
  /** Which sessions a logout ends: its own, or all of the user. */
  logout: z.enum(['one', 'all']).default('one'),
  /** Between two logins. */
  every: time.optional(),
});

/** How long a session lives. */
const expiry = z.strictObject({
  /** Without activity. */
  idle: time.optional(),
  /** After its login, whatever happens. */
  absolute: time.optional(),
  /** Which requests renew the idle time: each, those past half of it, those that write, none. */
  renew: z.enum(['each', 'half', 'write', 'never']).default('each'),
});

/** What may happen while something is disturbed. */
const budget = z.strictObject({
  /** Share of sessions, and of acknowledged writes, that outlive it. */
  survival: share.optional(),
  /** Share of requests that may fail. */
  errors: share.optional(),
  /** How long nobody may get an answer. */
  gap: time.optional(),
  /** How long anybody may wait for an answer, however often they ask; for all faults, also while there is none. */
  wait: time.optional(),
  /** Within which all is healthy again. */
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
  /** Sent with every request; `Host` too. {captured} values are filled in, and it is left away without them. */
  headers: texts.default({}),
  tls: z
    .strictObject({
      /** A file with the certificates of the authorities that are trusted, PEM. */
      ca: z.string().min(1).optional(),
      /** Certificates are not checked. */
      insecure: z.boolean().default(false),
    })
    .optional(),
  /** What Baton never exceeds. */
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
    /** The page with the login form; an app that has none is asked for `signedIn.page`. */
    page: path.optional(),
    /** Statuses of the answer to an accepted login; found out when absent. */
    accepted: z.array(z.int()).optional(),
    /** The redirects of its answer are followed: the session is signed in at their end. */
    follow: z.boolean().default(false),
    /** Finds what an answer says that refuses a login, or the path that it redirects to. */
    refused: pattern.optional(),
    /** What its answer holds that later requests send. */
    capture: capture.default({}),
    /** HTTP Basic: from this request on, each carries the user and the password. */
    basic: z.boolean().default(false),
    ...steps,
  }),
  /** How an account is made, before its first login. */
  register: request.safeExtend({ page: path.optional(), ...steps }).optional(),
  /** Finds who is signed in, in a page that shows it. */
  signedIn: z.strictObject({ page: path, user: shown }),
  /** Answers that say "signed out", beside 401 and a redirect to the login page. */
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
  /** Finds "busy, try again" in an answer: the request was refused, and nothing came of it. */
  busy: pattern.optional(),
  /** More pages that only a signed-in user sees. */
  pages: z.array(path).default([]),
  /** Health checks and static files: they need no session and begin none. */
  public: z.array(path).default([]),
  instance: instance.optional(),
  expiry: expiry.optional(),
  /** Within which an answer comes while the store is down. */
  deadline: time.optional(),
  /** What may happen during a fault; `faults` says otherwise for single ones, by name. */
  budgets: budget.extend({ faults: z.record(z.string(), budget).optional() }).optional(),
  /** What can be disturbed, by the names that `--faults` takes. */
  faults: faults.optional(),
  claims: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          routing: z.enum(['spread', 'sticky', 'least-outstanding']),
        }),
        /** Cookies must meet OWASP ASVS too: 128 bits, __Host- or __Secure-. */
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
/** A request that ends sessions, with what comes before it. */
export type EndingSpec = NonNullable<TargetFile['logout']>;
export type RegisterSpec = NonNullable<TargetFile['register']>;
export type StepSpec = TargetFile['login']['steps'][number];
