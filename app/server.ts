/** Runs one instance of the web shop (the card store). */
import { serve } from './serve.ts';

await serve();
