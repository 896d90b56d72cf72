/** `npm run bench:judge`: how fast the judge is, each part beside a peer in the same run. Results on stdout. */
import { linearizabilityBench, totalsBench } from './linearizability.ts';
import { memoryBench, speedBench } from './throughput.ts';

/** Each gives the lines of a table; `npm run bench:judge linearizability` runs one of them. */
const SECTIONS: Record<string, () => string[] | Promise<string[]>> = {
  speed: speedBench,
  linearizability: linearizabilityBench,
  totals: totalsBench,
  memory: memoryBench,
};

const [only] = process.argv.slice(2);
for (const [name, bench] of Object.entries(SECTIONS)) {
  if (only !== undefined && only !== name) continue;
  process.stdout.write(`## ${name}\n\n${(await bench()).join('\n')}\n\n`);
}
