import type { Defect } from '../entry.ts';

export const instanceIdInImage: Defect = {
  kind: 'defect',
  name: 'instance-id-in-image',
  section: 'evidence',
  broken:
    'All instances name themselves alike, since the name is in the image that they run. Logs and headers say that one instance answers everything, and nobody sees which one fails.',
  wild: 'An id that is drawn when the image is built, or at the first start of a machine that is then cloned.',
  references: ['hashicorp/consul#9467', 'Graylog2/graylog2-server#25446', 'netdata/netdata#9618'],
  remedy: 'Take the name from where the instance runs (pod, host and process), each time it starts.',
  needs: [],
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes', INSTANCE_ID: 'app-1' },
  },
  must: { guarantee: 'evidence', anomaly: 'DISPUTED' },
  mustNot: ['continuity', 'isolation', 'rotation', 'forgery', 'availability'],
};
