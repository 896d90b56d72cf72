/** What a profile is to nginx. */
import type { NginxAdditions } from '../nginx.ts';
import type { Failures, Profile } from './profile.ts';

/** @returns directives that make nginx choose and fail as the profile does; who is asked is not theirs to say */
export function directivesOf({ choice, failures, nobody }: Profile): NginxAdditions {
  const { connectMs, idleMs, closed, passive } = failures;
  return {
    ...(choice === 'least-outstanding' && { upstream: 'least_conn;' }),
    // nginx takes whole seconds here.
    perInstance:
      passive === undefined
        ? 'max_fails=0'
        : `max_fails=${passive.fails} fail_timeout=${Math.ceil(passive.forMs / 1_000)}s`,
    failure: ruleAfter(failures),
    server: [
      `proxy_connect_timeout ${connectMs}ms;`,
      `proxy_read_timeout ${idleMs}ms;`,
      `proxy_send_timeout ${idleMs}ms;`,
      // nginx's own way to try another instance; the template has a more careful one, which stays out of this then.
      ...(closed === 'another-if-safe' ? ['proxy_next_upstream error timeout;'] : []),
    ].join('\n'),
    // Without an instance, nginx says 502 by itself.
    ...(nobody === 503 && { nobody: NOBODY }),
  };
}

const NOBODY = `add_header X-Request-Id $request_name always;
add_header Cache-Control no-store always;
return 503;`;

/** The template tries another instance where nothing was sent, and says 502 where something was. */
function ruleAfter({ refused, closed }: Failures): string {
  if (refused === 502 || closed === 'another-if-safe') return '~. @bad_gateway;';
  return closed === 504 ? '~^something @gateway_timeout;' : '';
}
