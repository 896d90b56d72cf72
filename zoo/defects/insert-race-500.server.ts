import { servePlain } from '../hosts/plain/serve.ts';
import { AttributeRowsStore } from '../stores/attribute-rows.ts';

servePlain({ store: redis => new AttributeRowsStore(redis) });
