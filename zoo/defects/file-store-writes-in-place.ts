import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { sharedFolder } from '../services/shared-folder.ts';
import { oldFileStore } from '../stores/old-libraries.ts';

export const fileStoreWritesInPlace: Defect = {
  kind: 'defect',
  name: 'file-store-writes-in-place',
  section: 'availability',
  broken:
    'Both instances keep sessions as files in one folder, with session-file-store 0.0.24, which overwrites the file of a session in place. A concurrent request reads a part of the file, and two concurrent writes leave a file that is no JSON: from then on, each request of the session fails.',
  wild: 'A file is opened, truncated and written, so a reader sees it empty. The store retries the read a few times, which hides most cases.',
  references: [
    'valery-barysok/session-file-store#21',
    'valery-barysok/session-file-store#31',
    'valery-barysok/session-file-store#32',
    'modelcontextprotocol/php-sdk#498',
    'ruvnet/ruflo#2307',
  ],
  remedy: 'Write a temporary file of a unique name, and rename it: session-file-store 0.1.0 or later.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    beside: sharedFolder,
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'evidence'],
};

if (import.meta.main)
  servePlain({ store: () => oldFileStore({ path: process.env['SESSIONS'] ?? '', logFn: () => {} }) });
