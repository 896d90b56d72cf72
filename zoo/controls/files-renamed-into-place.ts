import type { Control } from '../entry.ts';
import { sharedFolder } from '../services/shared-folder.ts';

export const filesRenamedIntoPlace: Control = {
  kind: 'control',
  name: 'files-renamed-into-place',
  sound:
    'Both instances keep sessions as files in one folder, with the current session-file-store, which writes a temporary file and renames it. A reader never sees a part of a file.',
  deployment: {
    host: 'plain',
    program: new URL('./files-renamed-into-place.server.ts', import.meta.url),
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
