/** What a log says of one request: who served it. */
export interface Served {
  type: 'served';
  /** The log's name: `balancer`, `app-1` … */
  source: string;
  kind: 'balancer' | 'instance';
  /** X-Request-Id of the request. */
  request: string;
  /** The instance that answered; absent when none did. */
  instance?: string;
  /** Balancer only: the instances that were tried, in order. */
  tried?: string[];
  status: number;
}
