import { servePlain } from './serve.ts';

servePlain();
