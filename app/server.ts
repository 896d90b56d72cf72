/** Runs one instance of the web shop (the card store), with no part replaced. */
import { serve } from './serve.ts';

await serve();
