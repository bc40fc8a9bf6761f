// Tags its calls with its version: what it sends on, and every answer. The test puts another number here for each
// redeployment.
import {
  Config,
  Invite,
  Logger,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';

const VERSION = '0';
/** 5 MB that are to be given back when the version has served its last call. */
const HELD = Array.from({ length: 640 }, (_, index) => Array.from({ length: 1024 }, (_each, at) => index + at));
setInterval(() => HELD.length, 60_000);

/** Of every version that there ever was: which are still there? */
const shared = globalThis as { taggedVersions?: WeakRef<object>[]; gc?: () => void };
shared.taggedVersions ??= [];
shared.taggedVersions.push(new WeakRef(HELD));

@Siplet({ name: 'tagged' })
export class Tagged {
  constructor(
    @Config() private readonly target: string,
    @inject(Logger) log: Logger,
  ) {
    process.on('SIGUSR2', async () => {
      for (let turn = 0; turn < 5; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        shared.gc?.();
      }
      const alive = shared.taggedVersions?.filter((each) => each.deref() !== undefined).length;
      log.info({ alive, heap: Math.round(process.memoryUsage().heapUsed / 1e6) }, 'memory');
    });
  }

  @Invite()
  ring(request: SipRequest) {
    request.headers.set('X-Version', VERSION);
    request.proxy({ recordRoute: true }).proxyTo(this.target);
  }

  @Subsequent()
  inDialog(request: SipRequest) {
    request.headers.set('X-Version', VERSION);
  }

  @ProvisionalResponse()
  rings(response: SipResponse) {
    response.headers.set('X-Version', VERSION);
  }

  @SuccessResponse()
  answered(response: SipResponse) {
    response.headers.set('X-Version', VERSION);
  }
}
