import { servePlain } from '../hosts/plain/serve.ts';
import { oldConnectRedis } from '../stores/old-libraries.ts';

servePlain({ store: redis => oldConnectRedis({ client: redis }) });
