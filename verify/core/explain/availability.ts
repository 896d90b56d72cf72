import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'availability',
  definition:
    'In each fault window four values stay within the declared budget of the fault: the share of errors, the ' +
    'longest gap in which requests waited and no response came, the longest wait of a client, and the time to ' +
    'recover. Outside fault windows no error may occur, and the declared longest wait holds as well. An ' +
    'instance that does not become healthy again is a violation, and so is one that never becomes ready. ' +
    'Refusals (403, 409, 429) are not errors. Requests that the run itself gave up do not count. DOWN: an ' +
    'error without a fault, or more than the budget in a fault window.',
  picture: `
  fault            ╔ rolling restart ╗
  reads   ok ok ok ok 502 502 502 ok ok ok ok 502
                      └─ gap ─┘              └─ after the fault: DOWN`,
  causes: [
    'instances that exit before the balancer has removed them, or before their requests have ended (kubernetes/ingress-nginx#2846)',
    'two concurrent first writes of a session that collide in the store: the app responds 500 (spring-projects/spring-session#1213)',
    'a session lock that lasts for the whole request: a slow request blocks the others, and after a crash they wait until the lock expires (snc/SncRedisBundle#258, magento/magento2#17310)',
    'leaked connections to the store, or more connections than it allows (simplesamlphp/simplesamlphp#203)',
    'an affinity cookie that names an instance which no longer exists (traefik/traefik#1299)',
    'startup code that needs commands which a managed store forbids: the instance never becomes healthy (spring-projects/spring-session#124)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'at SIGTERM, fail the health check, keep serving until the balancer has removed the instance, then drain',
    },
    {
      stack: 'nginx',
      how: 'set proxy_next_upstream error timeout for requests that are safe to repeat; set max_fails and fail_timeout',
    },
    { stack: 'Kubernetes', how: 'use readiness probes, a preStop hook, and maxUnavailable: 0' },
    {
      stack: 'ELB, ALB',
      how: 'set a deregistration delay longer than the slowest request, and health checks that fail sooner than the drain ends',
    },
    { stack: 'PHP', how: 'release the session lock early: session_write_close(), read_and_close' },
    {
      stack: 'Spring',
      how: 'set spring.session.redis.configure-action=none on managed Redis; write attributes by upserts',
    },
  ],
  standards: [],
};
