import type { Control } from '../entry.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const rollingIds: Control = {
  kind: 'control',
  name: 'rolling-ids',
  sound:
    'Each response sets the session cookie again, as express-session does with `rolling: true`. The cookie carries only an id: a late response may sign the next user out of the browser, and never signs the old user in.',
  deployment: {
    host: 'plain',
    program: new URL('./rolling-ids.server.ts', import.meta.url),
  },
  target: { ...plainDoneRight.target },
};
