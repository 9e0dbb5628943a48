import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";

const loopback = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** `localhost` is both loopback addresses, whatever the hosts file forgets (RFC 6761); every other name is the system's to answer. */
export const lookup: LookupFunction = (hostname, options, callback) => {
  if (options.all && /^(.+\.)?localhost\.?$/i.test(hostname)) callback(null, loopback);
  else systemLookup(hostname, options, callback);
};
