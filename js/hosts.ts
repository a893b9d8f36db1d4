/** Which requests are Stripe's: the four host names, on any port and over http or https. */

const HOSTS = new Set([
  "api.stripe.com",
  "files.stripe.com",
  "connect.stripe.com",
  "meter-events.stripe.com",
]);

const STRIPE_URL = /^https?:\/\/(?:api|files|connect|meter-events)\.stripe\.com(?::\d+)?(?:[/?#]|$)/;

/** Whether that name, as given to a socket or an agent, is one of Stripe's hosts. */
export function isStripeHost(host: unknown): boolean {
  return typeof host === "string" && (HOSTS.has(host) || HOSTS.has(host.toLowerCase()));
}

/** Whether that URL is Stripe's. The plain spelling is decided without parsing. */
export function isStripeUrl(url: string): boolean {
  if (STRIPE_URL.test(url)) return true;
  if (!/stripe\.com/i.test(url)) return false;
  try {
    const parsed = new URL(url);
    return /^https?:$/.test(parsed.protocol) && HOSTS.has(parsed.hostname);
  } catch {
    return false;
  }
}
