import { servePlain } from '../hosts/plain/serve.ts';
import { fileStore } from '../stores/old-libraries.ts';

servePlain({ store: () => fileStore({ path: process.env['SESSIONS'] ?? '', logFn: () => {} }) });
