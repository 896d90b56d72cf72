/**
 * Synthesises `cards` (Application Load Balancer) and `cards-classic` (Classic Load Balancer): `npm run synth`. With
 * HTTPS: npx cdk deploy cards -c certificate=ARN -c host=cards.example.com
 */
import { App, BootstraplessSynthesizer } from 'aws-cdk-lib';
import { applicationBalancer, classicBalancer } from './balancers.ts';
import { CardStore } from './stack.ts';

const app = new App();
const option = (name: string): string | undefined => app.node.tryGetContext(name);

const [certificate, host] = [option('certificate'), option('host')];
if ((certificate === undefined) !== (host === undefined))
  throw new Error('expected -c certificate=ARN and -c host=NAME together, got only one: add the other');

for (const [name, balancer] of Object.entries({
  cards: applicationBalancer,
  'cards-classic': classicBalancer,
}))
  new CardStore(app, name, {
    balancer,
    https: certificate === undefined || host === undefined ? undefined : { certificate, host },
    // Without assets, the template can be deployed without `cdk bootstrap` and without the CDK.
    synthesizer: new BootstraplessSynthesizer(),
  });
