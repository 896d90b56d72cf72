import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'evidence',
  definition:
    'Response header, balancer log and instance logs agree on who served each request, and each request that may ' +
    'change something was served once. DISPUTED: two sources name different instances, or two instances served ' +
    'one write. Every other verdict that speaks of instances rests on this one.',
  picture: `
  request 4711   the response says app-1
                 the balancer log says app-2
                 the log of app-2 has it`,
  causes: [
    'an instance name baked into the image or the environment of all instances alike',
    'a header added by a cache or a proxy between balancer and instance',
    'a balancer that sends a write again after a time-out (proxy_next_upstream … non_idempotent): both instances served it',
    'logs without the request id, or rotated away during the run',
  ],
  mend: [
    { stack: 'app', how: 'name the instance by host name, pod name or task id at run time' },
    { stack: 'nginx', how: 'log $upstream_addr and $http_x_request_id as JSON; no non_idempotent' },
    { stack: 'Kubernetes', how: 'the downward API (metadata.name) as INSTANCE_ID' },
  ],
  standards: [],
};
