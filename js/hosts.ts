/**
 * Which requests are Stripe's, on any port and over http or https: those to the four hosts of the API,
 * which a partition answers, and those to any other host of Stripe's, such as js.stripe.com or
 * checkout.stripe.com, which are refused with a sentence instead of reaching the network.
 */

const API = new Set([
  "api.stripe.com",
  "files.stripe.com",
  "connect.stripe.com",
  "meter-events.stripe.com",
]);

const API_URL = /^https?:\/\/(?:api|files|connect|meter-events)\.stripe\.com(?::\d+)?(?:[/?#]|$)/;

/** Every domain that is Stripe's own, with whatever is before it. */
const DOMAINS = /(?:^|\.)stripe\.(?:com|network)$/;

/** Whether that name, as given to a socket or an agent, is one of Stripe's hosts. */
export function isStripeHost(host: unknown): host is string {
  return typeof host === "string" && (API.has(host) || DOMAINS.test(host.toLowerCase()));
}

/** Whether that URL is Stripe's. The plain spelling is decided without parsing. */
export function isStripeUrl(url: string): boolean {
  return API_URL.test(url) || isStripeHost(hostOf(url));
}

/** Whether that URL, one of Stripe's, is of the API; the others are pages and scripts. */
export function isApiUrl(url: string): boolean {
  return API_URL.test(url) || API.has(hostOf(url) ?? "");
}

/** The host that a URL names, if it speaks of Stripe at all. */
export function hostOf(url: string): string | undefined {
  if (!/stripe\.(?:com|network)/i.test(url)) return undefined;
  try {
    const { protocol, hostname } = new URL(url);
    return /^https?:$/.test(protocol) ? hostname : undefined;
  } catch {
    return undefined;
  }
}
