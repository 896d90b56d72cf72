import type { Defect } from '../entry.ts';

export const replyAfterATimeout: Defect = {
  kind: 'defect',
  name: 'reply-after-a-timeout',
  section: 'isolation',
  broken:
    'A read of the store that gets no reply within 0.8 s fails, and its connection returns to the pool. When the store resumes, the late reply is taken for that of the next read: a request gets the session of another user.',
  wild: 'A client that times out between command and reply keeps the connection. It goes unnoticed until the store freezes for a moment under load.',
  references: ['redis-rs/redis-rs#1252', 'redis/redis-rb#61', 'redis/hiredis#306', 'CVE-2023-28858'],
  remedy: 'Close a connection whose reply has not come in time. Never return it to the pool.',
  needs: ['users', 'overlap', 'fault'],
  faults: 'store-pause',
  deployment: {
    host: 'plain',
    program: new URL('./reply-after-a-timeout.server.ts', import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'evidence'],
};
