import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { ToolError } from '../tool.ts';

const LONGEST_ADDRESS = 2_000;
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
/**
 * Public by their numbers, and yet inside: Azure's WireServer, https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16,
 * and IBM Cloud's services, https://cloud.ibm.com/docs/vpc?topic=vpc-service-endpoints-for-vpc
 */
const INSIDE = ['168.63.129.16/32', '161.26.0.0/16', '166.8.0.0/14'].map((range) => ipaddr.IPv4.parseCIDR(range));
/** What is handed out to the internet so far, https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address is one of the internet: neither private, local, shared, reserved nor this machine's own. Forms that
 * carry an IPv4 address (mapped, NAT64) are judged by that one; every other transition form is refused. Pure but for
 * the addresses of this machine.
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6) {
    if (parsed.isIPv4MappedAddress()) return isPublic(parsed.toIPv4Address().toString());
    // NAT64, https://www.rfc-editor.org/rfc/rfc6052#section-2.1: how machines without IPv4 reach the rest.
    if (parsed.range() === 'rfc6052') return isPublic(parsed.toByteArray().slice(-4).join('.'));
    if (!parsed.match(GLOBAL_IPV6)) return false;
  }
  if (parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv4 && INSIDE.some((range) => parsed.match(range))) return false;
  return !ownAddresses().has(parsed.toNormalizedString());
}

/** Behind the machine's own public address are its own ports, some of them open to itself alone. */
function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return new Set(
    all.flatMap(({ address }) => (ipaddr.isValid(address) ? ipaddr.parse(address).toNormalizedString() : [])),
  );
}

/** Where a page may be fetched from. `allow`: `host:port` that may be reached whatever it is; only tests need one. */
export interface AddressRules {
  readonly allow: readonly string[];
}

/** An address of a page as it may be asked for. Throws ToolError that says what is wrong with it. */
export function pageAddress(text: string, { allow }: AddressRules): URL {
  const url = URL.parse(text);
  if (!url || text.length > LONGEST_ADDRESS) throw new ToolError('That is not the address of a web page.');
  const usual = PORTS[url.protocol];
  if (usual === undefined) throw new ToolError('Only addresses that begin with http:// or https:// can be read.');
  if (url.username !== '' || url.password !== '') throw new ToolError('An address with a password in it is not read.');
  url.hash = '';
  if (allowed(url, allow)) return url;
  if (url.port !== '' && Number(url.port) !== usual) {
    throw new ToolError(`Only the usual ports 80 and 443 can be read, not ${url.port}.`);
  }
  // The URL parser has turned decimal, octal and hexadecimal forms of IPv4 into the usual one.
  const host = hostOf(url);
  if (ipaddr.isValid(host) && !isPublic(host)) throw notPublic();
  return url;
}

/** Whether an address stands in the list of those that may be reached whatever they are. */
export function allowed(url: URL, allow: readonly string[]): boolean {
  return allow.includes(`${hostOf(url)}:${portOf(url)}`);
}

/** What an IP address inside is answered with: it says of itself what it is, so nothing is told by that. */
function notPublic(): ToolError {
  return new ToolError('That address is not on the public internet, so it is not read.');
}

/** The port of an address, also where it is left out. */
export function portOf(url: URL): number {
  return Number(url.port || PORTS[url.protocol]);
}

/** The name or IP address, an IPv6 one without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
