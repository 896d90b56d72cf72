import type { Defect } from '../entry.ts';

export const replyOfAnAbandonedRequest: Defect = {
  kind: 'defect',
  name: 'reply-of-an-abandoned-request',
  section: 'isolation',
  broken:
    'Connections to the store are pooled. When a visitor goes away while one of them waits for a reply, it goes back to the pool with the reply unread, and whoever uses it next reads the session of the one before: from then on always.',
  wild: 'Cancelling a command of redis-py left its connection so, and ChatGPT showed people the titles and the payment details of others (20 March 2023).',
  references: ['redis/redis-py#2624', 'redis/redis-py#2665', 'CVE-2023-28858', 'CVE-2023-28859'],
  remedy:
    'Close a connection whose reply was not read, or read the reply before it goes back; never cancel between the two.',
  needs: ['users', 'overlap'],
  deployment: {
    host: 'plain',
    program: new URL('./reply-of-an-abandoned-request.server.ts', import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'cookie-policy', 'evidence'],
};
