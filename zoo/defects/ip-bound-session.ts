import { serve } from '../../app/serve.ts';
import { abandon, signedInUser } from '../../app/session.ts';
import type { Defect } from '../entry.ts';

/** Imitates a cloud balancer with two nodes, which add the client's address to X-Forwarded-For. */
const BEHIND_TWO_NODES = {
  http: 'split_clients $request_id $node { 50% 10.0.1.17; * 10.0.2.23; }',
  // Repeats all headers, because in nginx a block that sets a header inherits no headers.
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
    'The app binds a session to the client address of the first request after the login. It sees the address of one of the two nodes of the cloud balancer. A request through the other node is treated as signed out.',
  wild: 'The binding is meant against stolen cookies. But the addresses of phones, and of offices with several uplinks, change. Or the app takes the address of a balancer for the address of the user.',
  references: [
    'luyadev/luya-module-admin#346',
    'ucam-department-of-psychiatry/camcops#226',
    'mschn/wissl#48',
    'lonnieezell/Bonfire PR#520',
  ],
  remedy:
    "Do not bind sessions to addresses. Rotate ids, keep sessions short, and bind them to the device by the cookie's attributes. At least trust the right number of proxies.",
  needs: ['addresses'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    nginx: BEHIND_TWO_NODES,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

declare module 'express-session' {
  interface SessionData {
    address?: string;
  }
}

if (import.meta.main)
  await serve({
    onSession(request, _response, next) {
      // The defect: the first request after the login binds the session to its IP address.
      if (signedInUser(request) !== undefined && request.path !== '/login') {
        request.session.address ??= request.ip ?? '';
        if (request.session.address !== request.ip) abandon(request);
      }
      next();
    },
  });
