// biome-ignore-all lint/style/useImportType: what is injected by its type must be there at run time.
import { Config, Invite, Logger, Siplet, type SipRequest } from '@siplet/sdk';
import { z } from 'zod';

const schema = z.strictObject({ phones: z.array(z.string()).min(1), timeout: z.string().default('20s') });
type Settings = z.infer<typeof schema>;

@Siplet({ name: 'hunt', config: schema })
export class Hunt {
  constructor(
    @Config() private readonly settings: Settings,
    private readonly log: Logger,
  ) {}

  @Invite()
  ring(request: SipRequest) {
    const { phones, timeout } = this.settings;
    this.log.info({ phones }, 'a call from %s', request.from.uri);
    request.proxyTo(phones, { parallel: false, timeout });
  }

  @Invite({ when: ({ uri }) => uri.scheme === 'tel' })
  toTelephone(request: SipRequest) {
    request.forward();
  }
}
