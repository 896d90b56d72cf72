import type { Defect } from '../entry.ts';

export const replyOfAnAbandonedRequest: Defect = {
  kind: 'defect',
  name: 'reply-of-an-abandoned-request',
  section: 'isolation',
  broken:
    'Connections to the store are pooled. When a client disconnects while its request waits for a reply, the connection returns to the pool with the reply unread. From then on, each request on this connection reads the session of the request before it.',
  wild: 'Cancelling a command of redis-py left its connection in this state. As a result, ChatGPT showed users the titles and payment details of other users (20 March 2023).',
  references: ['redis/redis-py#2624', 'redis/redis-py#2665', 'CVE-2023-28858', 'CVE-2023-28859'],
  remedy:
    'Close a connection whose reply was not read, or read the reply before the connection returns to the pool. Never cancel between command and reply.',
  needs: ['users', 'overlap'],
  deployment: {
    host: 'plain',
    program: new URL('./reply-of-an-abandoned-request.server.ts', import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'cookie-policy', 'evidence'],
};
