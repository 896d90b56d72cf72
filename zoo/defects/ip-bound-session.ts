import type { Defect } from '../entry.ts';

/** nginx behind a cloud balancer of two nodes, each of which adds to X-Forwarded-For whom it saw, as nginx does. */
const BEHIND_TWO_NODES = {
  http: 'split_clients $request_id $node { 50% 10.0.1.17; * 10.0.2.23; }',
  // All of them: nginx takes none of the outer level where there is one at this.
  server: `
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Request-Id $request_name;
    proxy_set_header X-Forwarded-For "$remote_addr, $node";
    proxy_set_header X-Forwarded-Proto $scheme;`,
};

export const ipBoundSession: Defect = {
  kind: 'defect',
  name: 'ip-bound-session',
  section: 'continuity',
  broken:
    'A session is bound to the address from which the app saw its login come. That is the address of a node of the cloud balancer, of which there are two, and a request that comes over the other node is signed out.',
  wild: 'Meant against stolen cookies. Addresses change: phones, offices with several ways out, and balancers whose own address the app takes for that of the user.',
  references: [
    'luyadev/luya-module-admin#346',
    'ucam-department-of-psychiatry/camcops#226',
    'mschn/wissl#48',
    'lonnieezell/Bonfire PR#520',
  ],
  remedy:
    "Do not bind sessions to addresses; rotate ids, keep sessions short and bind to the device by the cookie's attributes. At least trust as many proxies as there are.",
  needs: ['addresses'],
  deployment: {
    host: 'card-store',
    program: new URL('./ip-bound-session.server.ts', import.meta.url),
    nginx: BEHIND_TWO_NODES,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
