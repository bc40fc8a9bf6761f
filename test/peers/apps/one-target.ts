// A stateless siplet with one target, from its section of the configuration.
import { Config, Siplet, StatelessRoute } from '@siplet/sdk';

@Siplet({ name: 'one-target', stateless: true })
export class OneTarget {
  constructor(@Config() private readonly target: string) {}

  @StatelessRoute()
  route() {
    return this.target;
  }
}
