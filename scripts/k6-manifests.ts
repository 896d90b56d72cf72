/** Generates the Kubernetes manifests with which the k6 operator runs a k6 script. */
import { stringify } from 'yaml';

export interface Distributed {
  script: string;
  code: string;
  /** Number of pods that run the script in parallel. */
  parallelism: number;
  env: readonly (readonly [name: string, value: string])[];
  /** Name of a Secret in the cluster with additional environment variables. */
  envFrom: string | undefined;
  image: string;
  namespace: string;
  /** Name of the test run, the same in all pods. */
  run: string;
  /** Key of the hashes that replace session ids in logs, the same in all pods. */
  key: string;
}

/** Maximum size of a ConfigMap in Kubernetes, bytes. */
const LARGEST = 1 << 20;
/** Maximum clock difference between nodes that use the same time servers, milliseconds. */
const UNCERTAINTY = '500';

/** Settings that the pod security standard "restricted" requires. The user id is that of k6's image. */
const RESTRICTED = {
  securityContext: { runAsNonRoot: true, runAsUser: 12345, seccompProfile: { type: 'RuntimeDefault' } },
  containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};

/**
 * Returns a ConfigMap with the script, a Secret with the key, and the TestRun, as YAML.
 * @throws Error if the script is too large, or if the number of pods is not a whole number of at least 1
 */
export function manifestsOf(options: Distributed): string {
  const { script, code, parallelism } = options;
  if (!Number.isInteger(parallelism) || parallelism < 1) {
    throw new Error(`--parallelism: expected a whole number from 1 on, got ${parallelism}`);
  }
  const size = Buffer.byteLength(code);
  if (size > LARGEST)
    throw new Error(`${script}: expected at most ${LARGEST} bytes, the limit of a ConfigMap, got ${size}`);
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
        // Each pod writes the history to its log. The judge ignores all other log lines.
        arguments: '--log-output=stdout --log-format=raw --no-usage-report',
        quiet: 'true',
        script: { configMap: { name, file } },
        initializer: { ...environmentOf(options, name), ...RESTRICTED },
        runner: { ...environmentOf(options, name), ...RESTRICTED },
        starter: RESTRICTED,
      },
    },
  ];
  return documents.map(document => `---\n${stringify(document)}`).join('');
}

/** Returns the environment of the pods, and of the k6 operator's `k6 archive`, which reads the script's options. */
function environmentOf({ env, envFrom, image, run }: Distributed, name: string) {
  const settings: readonly (readonly [string, string])[] = [
    ['RUN', run],
    ['HISTORY', '1'],
    ['CLOCK_UNCERTAINTY', UNCERTAINTY],
    ...env,
  ];
  // The k6 operator's `k6 archive` needs the key, but does not get `envFrom`.
  const key = { name: 'RUN_KEY', valueFrom: { secretKeyRef: { name, key: 'RUN_KEY' } } };
  return {
    image,
    env: [...settings.map(([name, value]) => ({ name, value })), key],
    ...(envFrom === undefined ? {} : { envFrom: [{ secretRef: { name: envFrom } }] }),
  };
}
