// The way of a deployment: to the module body of the author's code, and from there to the constructor of the class.
import { folder } from '../deployment/folder.js';
import { registry } from '../deployment/registry.js';
import { type Hop, stackHere, walkOf } from './walk.js';

const SOURCE = `import { Invite, Siplet } from '@siplet/sdk';
globalThis.siplet_walk();
@Siplet({ name: 'hunt' })
export class Hunt {
  constructor() {
    globalThis.siplet_walk();
  }
  @Invite()
  ring() {}
}
`;

export async function walkOfDeployment(): Promise<Hop[]> {
  const walks: Hop[][] = [];
  const hook = globalThis as { siplet_walk?: () => void };
  hook.siplet_walk = () => void walks.push(walkOf(stackHere()));
  try {
    const { deployments } = registry();
    await deployments.deploy(`${folder({ 'hunt.ts': SOURCE })}/hunt.ts`);
  } finally {
    delete hook.siplet_walk;
  }
  const [loaded = [], made = []] = walks;
  const shared = made.findIndex((hop, i) => hop.file !== loaded[i]?.file);
  return [...loaded, ...made.slice(shared)];
}
