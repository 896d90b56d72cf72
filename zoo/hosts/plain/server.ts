/** Runs the plain host (a plain Express app) without changes. */
import { servePlain } from './serve.ts';

servePlain();
