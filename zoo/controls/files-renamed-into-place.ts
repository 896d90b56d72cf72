import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { sharedFolder } from '../services/shared-folder.ts';
import { fileStore } from '../stores/old-libraries.ts';

export const filesRenamedIntoPlace: Control = {
  kind: 'control',
  name: 'files-renamed-into-place',
  sound:
    'Both instances keep sessions as files in one folder, with the current session-file-store, which writes a temporary file and renames it. A reader never sees a part of a file.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    beside: sharedFolder,
  },
  target: {
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
      'read-your-writes',
      'monotonic-reads',
      'rotation',
      'one-session',
      'availability',
      'evidence',
    ],
  },
};

if (import.meta.main)
  servePlain({ store: () => fileStore({ path: process.env['SESSIONS'] ?? '', logFn: () => {} }) });
