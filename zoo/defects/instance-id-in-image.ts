import type { Defect } from '../entry.ts';

export const instanceIdInImage: Defect = {
  kind: 'defect',
  name: 'instance-id-in-image',
  section: 'evidence',
  broken:
    'All instances have the same name, since the name is in their image. Logs and headers say that one instance serves all requests, and do not show which instance fails.',
  wild: 'The id is generated when the image is built, or at the first start of a machine that is cloned afterwards.',
  references: ['hashicorp/consul#9467', 'Graylog2/graylog2-server#25446', 'netdata/netdata#9618'],
  remedy: 'Derive the name from the pod, or from host and process, each time the instance starts.',
  needs: [],
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes', INSTANCE_ID: 'app-1' },
  },
  must: { guarantee: 'evidence', anomaly: 'DISPUTED' },
  mustNot: ['continuity', 'isolation', 'rotation', 'forgery', 'availability'],
};
