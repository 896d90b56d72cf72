import type { Defect } from '../entry.ts';

export const noDrainOnSigterm: Defect = {
  kind: 'defect',
  name: 'no-drain-on-sigterm',
  section: 'availability',
  broken:
    'An instance exits as soon as it is told to end. Requests that it is working on get no answer, and nobody knows what became of them.',
  wild: '`process.exit` in the signal handler, or a shell as the first process of a container that passes no signal on.',
  references: [
    'bcgov/cas-ciip-portal#1939',
    'ding113/claude-code-hub PR#1178',
    'kubernetes/ingress-nginx#2846',
  ],
  remedy:
    'At SIGTERM fail the health check, go on serving until the balancer has noticed, finish what is in flight, then exit.',
  needs: ['fault'],
  faults: 'stop,stop,stop',
  deployment: { host: 'plain', program: new URL('./no-drain-on-sigterm.server.ts', import.meta.url) },
  target: { budgets: { faults: { stop: { errors: '0%' } } } },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
