/** Entry point: runs one instance of the card store as it ships. */
import { serve } from './serve.ts';

await serve();
