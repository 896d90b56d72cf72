import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'availability',
  definition:
    'Errors, the longest gap in which requests waited and none was answered, the longest wait of a client and the ' +
    'time to recover stay within the declared budget of the fault in each fault window; outside them there may be no error, and a declared ' +
    'longest wait holds as well. An instance that is not healthy again counts, and one that never gets ready. ' +
    'Refusals (403, 409, 429) are no errors, and what the run gave up itself does not count. DOWN: an error ' +
    'while nothing was disturbed, or more than the budget in a window.',
  picture: `
  fault            ╔ rolling restart ╗
  reads   ok ok ok ok 502 502 502 ok ok ok ok 502
                      └─ gap ─┘              └─ after it was over: down`,
  causes: [
    'instances that exit before they are taken out of the balancer, or before their requests have ended (kubernetes/ingress-nginx#2846)',
    'two first writes at once that collide in the store: 500 (spring-projects/spring-session#1213)',
    'one lock per session for the whole request: one slow request stalls the others, and a crash until the lock expires (snc/SncRedisBundle#258, magento/magento2#17310)',
    'connections to the store that leak or exceed its limit (simplesamlphp/simplesamlphp#203)',
    'an affinity cookie that names an instance which is gone (traefik/traefik#1299)',
    'boot code that needs commands which a managed store forbids: the instance never gets healthy (spring-projects/spring-session#124)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'at SIGTERM fail the health check, keep serving until the balancer has noticed, then drain',
    },
    {
      stack: 'nginx',
      how: 'proxy_next_upstream error timeout for what is safe to repeat; max_fails and fail_timeout',
    },
    { stack: 'Kubernetes', how: 'readiness probes, preStop, maxUnavailable: 0' },
    {
      stack: 'ELB, ALB',
      how: 'a deregistration delay above the slowest request; health checks that are quicker than the drain',
    },
    { stack: 'PHP', how: 'release the session lock early: session_write_close(), read_and_close' },
    {
      stack: 'Spring',
      how: 'spring.session.redis.configure-action=none on managed Redis; upserts for attributes',
    },
  ],
  standards: [],
};
