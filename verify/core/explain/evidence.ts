import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'evidence',
  definition:
    'The response header, the balancer log and the instance logs agree on the instance that served each ' +
    'request. Each request that may change something was served once. DISPUTED: two sources name different ' +
    'instances, or two instances served one write. Every other verdict that depends on instances depends on ' +
    'this one.',
  picture: `
  request 4711   the response says app-1
                 the balancer log says app-2
                 the log of app-2 contains the request`,
  causes: [
    'one instance name in the image or in the environment of all instances',
    'a cache or a proxy between balancer and instance that adds the header',
    'a balancer that resends a write after a timeout (proxy_next_upstream … non_idempotent): both instances served it',
    'logs without the request id, or logs that were rotated during the run',
  ],
  mend: [
    { stack: 'app', how: 'name the instance at run time by its host name, pod name or task id' },
    { stack: 'nginx', how: 'log $upstream_addr and $http_x_request_id as JSON; do not set non_idempotent' },
    { stack: 'Kubernetes', how: 'set INSTANCE_ID from the downward API (metadata.name)' },
  ],
  standards: [],
};
