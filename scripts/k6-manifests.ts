/** The Kubernetes manifests with which the k6 operator runs a script. */
import { stringify } from 'yaml';

export interface Distributed {
  script: string;
  /** Bundled. */
  code: string;
  /** Pods. */
  parallelism: number;
  env: readonly (readonly [name: string, value: string])[];
  /** Name of a Secret with more of them. */
  envFrom: string | undefined;
  image: string;
  namespace: string;
  /** Name of the run, and key of its labels: the same in all pods. */
  run: string;
  key: string;
}

/** Kubernetes takes no larger ConfigMap, bytes. */
const LARGEST = 1 << 20;
/** How far clocks of nodes that follow the same time servers may be off, milliseconds. */
const UNCERTAINTY = '500';

/**
 * @returns a ConfigMap with the script, a Secret with the key, and the TestRun, as YAML
 * @throws Error when the script is too large, or there are too few pods
 */
export function manifestsOf(options: Distributed): string {
  const { script, code, parallelism } = options;
  if (!Number.isInteger(parallelism) || parallelism < 1) {
    throw new Error(`--parallelism: expected a whole number from 1 on, got ${parallelism}`);
  }
  const size = Buffer.byteLength(code);
  if (size > LARGEST) throw new Error(`${script}: ${size} bytes, where a ConfigMap holds ${LARGEST}`);
  const name = `baton-${script}`;
  const meta = { name, namespace: options.namespace };
  const file = `${script}.js`;
  const documents = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { [file]: code } },
    { apiVersion: 'v1', kind: 'Secret', metadata: meta, stringData: { RUN_KEY: options.key } },
    {
      apiVersion: 'k6.io/v1alpha1',
      kind: 'TestRun',
      metadata: meta,
      spec: {
        parallelism,
        // A pod's log is its history: what else is in it is passed over.
        arguments: '--log-output=stdout --log-format=raw --no-usage-report',
        quiet: 'true',
        script: { configMap: { name, file } },
        initializer: environmentOf(options, name),
        runner: environmentOf(options, name),
      },
    },
  ];
  return documents.map(document => `---\n${stringify(document)}`).join('');
}

/** The initializer reads the script's options, which follow from the same settings. */
function environmentOf({ env, envFrom, image, run }: Distributed, name: string) {
  const settings: readonly (readonly [string, string])[] = [
    ['RUN', run],
    ['HISTORY', '1'],
    ['CLOCK_UNCERTAINTY', UNCERTAINTY],
    ...env,
  ];
  const secrets = [name, ...(envFrom === undefined ? [] : [envFrom])];
  return {
    image,
    env: settings.map(([name, value]) => ({ name, value })),
    envFrom: secrets.map(secret => ({ secretRef: { name: secret } })),
  };
}
