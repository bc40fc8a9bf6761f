// A stateless siplet with one target, from its section of the configuration.
import { APP_CONFIG, Siplet, StatelessRoute } from '@siplet/sdk';
import { inject } from 'inversify';

@Siplet({ name: 'one-target', stateless: true })
export class OneTarget {
  constructor(@inject(APP_CONFIG) private readonly target: string) {}

  @StatelessRoute()
  route() {
    return this.target;
  }
}
