// What the bench measures against Kamailio's stateless relay: every request to one target, with nothing kept.
import { Siplet, StatelessRoute } from '@siplet/sdk';

@Siplet({ name: 'stateless', stateless: true })
export class Stateless {
  @StatelessRoute()
  route() {
    return 'sip:bob@127.0.0.1:5070';
  }
}
