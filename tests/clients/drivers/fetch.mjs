// The plan by Node's fetch. It takes proxy and trust from the environment:
// NODE_USE_ENV_PROXY, HTTP_PROXY, HTTPS_PROXY, NODE_EXTRA_CA_CERTS.
import { readFileSync } from 'node:fs';
import { run } from './plan.mjs';

const plan = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await run(plan.cases)));
