import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const noDrainOnSigterm: Defect = {
  kind: 'defect',
  name: 'no-drain-on-sigterm',
  section: 'availability',
  broken:
    'An instance exits as soon as it gets SIGTERM. Requests in flight get no response, so clients do not know their outcome.',
  wild: 'The signal handler calls `process.exit`, or the first process of the container is a shell that does not forward signals.',
  references: [
    'bcgov/cas-ciip-portal#1939',
    'ding113/claude-code-hub PR#1178',
    'kubernetes/ingress-nginx#2846',
  ],
  remedy:
    'At SIGTERM fail the health check, serve until the balancer has noticed, finish the requests in flight, then exit.',
  needs: ['fault'],
  faults: 'stop,stop,stop',
  deployment: { host: 'plain', program: new URL(import.meta.url) },
  target: { budgets: { faults: { stop: { errors: '0%' } } } },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

if (import.meta.main) {
  process.once('SIGTERM', () => process.exit(0));
  servePlain({
    // The delay ensures that requests are in flight at any time.
    onSession: () => (_request, _response, next) => {
      setTimeout(next, 30);
    },
  });
}
