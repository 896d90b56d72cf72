/** Runs the plain host without changes. */
import { servePlain } from './serve.ts';

servePlain();
