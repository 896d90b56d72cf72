import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'routing',
  definition:
    'Requests reach the instances as claimed. `spread`: every session with enough requests reaches several ' +
    'instances, and the shares fit the weights, which are equal if none are declared. A share does not fit if ' +
    'it is off by more than a fifth, and the chi-square test, corrected for the number of tests, gives p < ' +
    '10⁻⁶. `sticky`: a session changes its instance only if that instance was unavailable, or the set of ' +
    'instances changed. `least-outstanding`: all instances serve requests. PINNED: an instance gets no fair ' +
    'share of the requests, or a session stays on one instance. UNPINNED: a session moved without need.',
  picture: `
  claimed spread                     claimed sticky
  s1  app-1 app-1 app-1 app-1 …      s1  app-1 app-1 app-2 app-1 …
      PINNED                                     UNPINNED`,
  causes: [
    'forgotten stickiness: a balancer cookie, ip_hash, sessionAffinity: ClientIP (kubernetes-sigs/aws-load-balancer-controller#855)',
    'keep-alive connections to a balancer that routes connections (L4): all requests of a client go to one instance',
    'an instance that runs but is not registered, or that fails its health check',
    'nginx without a `zone` in the upstream: each worker has its own rotation',
    'an affinity that is lost at every reload, or whenever the set of instances changes (kubernetes/ingress-nginx#3089)',
  ],
  mend: [
    {
      stack: 'nginx',
      how: 'to spread, set `zone` in the upstream: all workers then share one rotation; for stickiness, use `sticky cookie` (1.29.6 or newer), or `hash` with `consistent`',
    },
    { stack: 'ALB', how: 'to spread, set the target group attribute stickiness.enabled=false' },
    {
      stack: 'Kubernetes',
      how: 'set sessionAffinity: None, and remove the affinity annotation of the ingress',
    },
  ],
  standards: [],
};
