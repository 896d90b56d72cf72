import { servePlain } from '../hosts/plain/serve.ts';
import { oldFileStore } from '../stores/old-libraries.ts';

servePlain({ store: () => oldFileStore({ path: process.env['SESSIONS'] ?? '', logFn: () => {} }) });
