/** The schema of `instance`: how to recognise the instance of a response, and how to send a request to an instance. */
import { z } from 'zod';
import { regex, shown } from './schema-parts.ts';

export const instance = z.strictObject({
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
