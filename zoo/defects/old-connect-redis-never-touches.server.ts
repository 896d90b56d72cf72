import { servePlain } from '../hosts/plain/serve.ts';
import { oldConnectRedis } from '../stores/old-libraries.ts';

const ttl = Number(process.env['SESSION_SECONDS']);

servePlain({ store: redis => oldConnectRedis({ client: redis, ttl }) });
