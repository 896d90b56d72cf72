/** Translates a profile into directives of nginx. */
import type { NginxAdditions } from '../nginx-files.ts';
import type { Failures, Profile } from './profile.ts';

/** Returns directives that make nginx choose instances and handle failures like the profile, without health checks. */
export function directivesOf({ choice, failures, noInstance }: Profile): NginxAdditions {
  const { connectMs, idleMs, closed, passive } = failures;
  return {
    ...(choice === 'least-outstanding' && { upstream: 'least_conn;' }),
    // nginx accepts only whole seconds in fail_timeout.
    perInstance:
      passive === undefined
        ? 'max_fails=0'
        : `max_fails=${passive.fails} fail_timeout=${Math.ceil(passive.forMs / 1_000)}s`,
    failure: ruleAfter(failures),
    server: [
      `proxy_connect_timeout ${connectMs}ms;`,
      `proxy_read_timeout ${idleMs}ms;`,
      `proxy_send_timeout ${idleMs}ms;`,
      // Applies nginx's own rule for retries. It replaces the rule of the template, which is more careful.
      ...(closed === 'another-if-safe' ? ['proxy_next_upstream error timeout;'] : []),
    ].join('\n'),
    // Without an instance, nginx itself responds with 502.
    ...(noInstance === 503 && { noInstance: NO_INSTANCE }),
  };
}

const NO_INSTANCE = `add_header X-Request-Id $request_name always;
add_header Cache-Control no-store always;
return 503;`;

/** Returns the rule for failures. The template's rule retries if nothing was sent, and otherwise responds with 502. */
function ruleAfter({ refused, closed }: Failures): string {
  if (refused === 502 || closed === 'another-if-safe') return '~. @bad_gateway;';
  return closed === 504 ? '~^something @gateway_timeout;' : '';
}
