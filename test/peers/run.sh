#!/usr/bin/env bash
# Tests against real peers: gets SIPp, Kamailio, baresip, Linphone and tshark from Debian if they are missing, builds, and
# runs test/peers. Words after it go to vitest.
set -eu
cd "$(dirname "$0")/../.."

need=()
command -v sipp >/dev/null || need+=(sip-tester)
command -v kamailio >/dev/null || [ -x /usr/sbin/kamailio ] || need+=(kamailio)
command -v baresip >/dev/null || need+=(baresip-core)
command -v linphone-daemon >/dev/null || need+=(linphone-cli)
command -v tshark >/dev/null || need+=(tshark)
if [ ${#need[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"; } >/dev/null; then
    echo "the tests with real peers need ${need[*]}, and apt-get could not install it" >&2
    exit 1
  fi
fi

npm run --silent build
exec node_modules/.bin/vitest run --config vitest.peers.config.ts "$@"
