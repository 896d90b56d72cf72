/** Schemas of declared values: limits, cookies and timeouts of sessions, and budgets of faults. */
import { z } from 'zod';
import { path, share, time } from './schema-parts.ts';

export const sessions = z.strictObject({
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

/** Attributes that a session cookie must have, such as `secure`. */
export const attributes = z
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
  // Removes keys with undefined values, because such keys declare nothing.
  .transform(given => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

export const expiry = z.strictObject({
  idle: time.optional().describe('Timeout without activity.'),
  absolute: time.optional().describe('Timeout after the login, regardless of activity.'),
  renew: z
    .enum(['each', 'half', 'write', 'never'])
    .default('each')
    .describe(
      'The requests that renew the idle timeout: all, those after half of the timeout, those that write, or none.',
    ),
});

/** Maximum effects of a fault. */
export const budget = z.strictObject({
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
