/** The target file: what a person writes about the system under test (docs/target-file.md). */
import { z } from 'zod';

const path = z.string().startsWith('/', 'expected a path that begins with /');

/** A regular expression whose first group is what it finds. */
const regex = z.string().transform((source, context) => {
  try {
    const groups = new RegExp(`${source}|`).exec('')?.length ?? 1;
    if (groups < 2) {
      context.addIssue('expected a regular expression with a group, such as data-user="([^"]*)"');
      return z.NEVER;
    }
    return source;
  } catch (error) {
    context.addIssue(`expected a regular expression: ${(error as Error).message}`);
    return z.NEVER;
  }
});

const request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  path,
  /** Form fields; {user}, {password}, {csrf} and {value} are filled in. */
  form: z.record(z.string(), z.string()).default({}),
  headers: z.record(z.string(), z.string()).default({}),
});

const account = z.strictObject({
  /** With `count`, {n} stands for 1 to count. */
  user: z.string().min(1),
  password: z.string().min(1),
  count: z.int().min(1).max(100_000).optional(),
});

const probe = z.strictObject({
  object: z.string().regex(/^[\w-]+$/, 'expected a name of letters, digits, _ or -'),
  scope: z.enum(['session', 'user']).default('session'),
  read: z.strictObject({ path, items: regex }),
  add: request.optional(),
  remove: request.optional(),
});

export const targetSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().min(1).default('target'),
  url: z.url({
    protocol: /^https?$/,
    error: 'expected an http:// or https:// address',
  }),
  accounts: z.array(account).min(1),
  login: request.extend({
    /** The page with the login form. */
    page: path,
    /** Statuses of the answer to an accepted login; found out when absent. */
    accepted: z.array(z.int()).optional(),
  }),
  /** Finds who is signed in, in a page that shows it. */
  signedIn: z.strictObject({ page: path, user: regex }),
  /** Finds the form token in a page. */
  csrf: regex.optional(),
  probes: z.array(probe).default([]),
  logout: request.optional(),
  instance: z.strictObject({ header: z.string().min(1) }).optional(),
  claims: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          routing: z.enum(['spread', 'sticky', 'least-outstanding']),
        }),
      ]),
    )
    .default(['standard']),
});

export type TargetFile = z.infer<typeof targetSchema>;
export type RequestSpec = z.infer<typeof request>;
export type Probe = z.infer<typeof probe>;
