import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({ beforeSession: redis => oneAtATime(redis, { waitMs: 20, otherwise: 'proceed' }) });
