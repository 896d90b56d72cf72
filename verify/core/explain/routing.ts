import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'routing',
  definition:
    'Requests reach the instances as claimed. `spread`: every session with enough requests reaches several ' +
    'instances, and the shares fit the weights, which are equal where none are declared (chi-square, corrected for the number of tests, p < 10⁻⁶, and a ' +
    'share off by more than a fifth). `sticky`: a session changes instance only when its own was unavailable or ' +
    'the set of instances changed. `least-outstanding`: all instances serve. PINNED: an instance or a session ' +
    'does not get its share of the others. UNPINNED: a session moved without need.',
  picture: `
  claimed spread                     claimed sticky
  s1  app-1 app-1 app-1 app-1 …      s1  app-1 app-1 app-2 app-1 …
      PINNED                                     UNPINNED`,
  causes: [
    'stickiness that nobody remembers: a balancer cookie, ip_hash, sessionAffinity: ClientIP (kubernetes-sigs/aws-load-balancer-controller#855)',
    'keep-alive to a balancer that works on connections (L4): all requests of a client go one way',
    'an instance that is up and not registered, or that fails its health check',
    'nginx without a `zone` in the upstream: each worker keeps a rotation of its own',
    'affinity that forgets at every reload or change of the set of instances (kubernetes/ingress-nginx#3089)',
  ],
  mend: [
    {
      stack: 'nginx',
      how: 'upstream with `zone` for one rotation over all workers; `sticky cookie` (1.29.6 or newer) or `hash` with `consistent` where stickiness is wanted',
    },
    { stack: 'ALB', how: 'target group attribute stickiness.enabled=false to spread' },
    { stack: 'Kubernetes', how: 'sessionAffinity: None, and the ingress annotation for affinity removed' },
  ],
  standards: [],
};
