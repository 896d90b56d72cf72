import { serve } from '../../app/serve.ts';
import { stockOptions } from '../../zoo/stores/stock.ts';
import { DrawnStore } from './drawn-store.ts';
import { drawnHandler } from './handler.ts';
import { Oracle } from './oracle.ts';

const oracle = Oracle.ofProcess();
await serve({
  store: (config, redis) => new DrawnStore(stockOptions(config, redis), oracle),
  onSession: drawnHandler(oracle),
});
