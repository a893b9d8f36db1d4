// A partition with whatever an operation needs to be called: made through the API where it can be.

import Stripe from "stripe";
import { FakeStripe } from "../../../pkg/index.mjs";
import { ALREADY_THERE, NAMED, OPTIONS, PARAMS, SEEDS } from "./prepared.ts";
import { type Params, required } from "./sample.ts";
import { type Operation, operations } from "./tables.ts";

/** Where objects come from that lie elsewhere than they are spoken of. */
const ELSEWHERE: Record<string, string> = {
  "/v1/test_helpers/customers": "/v1/customers",
  "/v1/test_helpers/refunds": "/v1/refunds",
  "/v1/test_helpers/issuing/cards": "/v1/issuing/cards",
  "/v1/test_helpers/issuing/personalization_designs": "/v1/issuing/personalization_designs",
  "/v1/test_helpers/terminal/readers": "/v1/terminal/readers",
  "/v1/test_helpers/treasury/inbound_transfers": "/v1/treasury/inbound_transfers",
  "/v1/test_helpers/treasury/outbound_payments": "/v1/treasury/outbound_payments",
  "/v1/test_helpers/treasury/outbound_transfers": "/v1/treasury/outbound_transfers",
  "/v2/money_management/test_helpers/financial_addresses": "/v2/money_management/financial_addresses",
  "/v1/issuing/authorizations": "/v1/test_helpers/issuing/authorizations",
  "/v1/treasury/received_credits": "/v1/test_helpers/treasury/received_credits",
  "/v1/treasury/received_debits": "/v1/test_helpers/treasury/received_debits",
};

export class World {
  readonly fake = FakeStripe.new();
  readonly stripe = new Stripe(this.fake.apiKey, {
    ...(this.fake.stripeOptions() as object),
    maxNetworkRetries: 0,
    telemetry: false,
  });
  private readonly made = new Map<string, string>();

  stop(): void {
    this.fake.stop();
  }

  /** Calls a method of the client. */
  async call(name: string, ids: string[] = [], given: Params = {}, options?: object): Promise<unknown> {
    const steps = name.split(".");
    const method = steps.pop() as string;
    let at = this.stripe as unknown as Record<string, unknown>;
    for (const step of steps) at = at[step] as Record<string, unknown>;
    const run = at[method] as (...args: unknown[]) => Promise<unknown>;
    return await run.call(at, ...ids, given, ...(options === undefined ? [] : [options]));
  }

  /** The parameters to call an operation with. */
  async paramsOf(operation: Operation): Promise<Params> {
    const special = (await PARAMS[operation.name]?.(this)) ?? {};
    const refer = async (name: string) => {
      const collection = NAMED[name];
      return collection === undefined ? undefined : await this.id(collection);
    };
    return { ...(await required(operation.params, refer, Object.keys(special))), ...special };
  }

  /** The ids of an operation's path, of objects that exist. */
  async idsOf(operation: Operation): Promise<string[]> {
    const ids: string[] = [];
    const steps = operation.path.split("/");
    for (const [place, step] of steps.entries()) {
      if (step === "{id}") ids.push(await this.id(steps.slice(0, place).join("/")));
    }
    return ids;
  }

  /** The id of an object of that collection, the same one each time. */
  async id(collection: string): Promise<string> {
    const known = this.made.get(collection);
    if (known !== undefined) return known;
    const id = await this.makeOne(ELSEWHERE[collection] ?? collection);
    this.made.set(collection, id);
    return id;
  }

  private async makeOne(collection: string): Promise<string> {
    const there = ALREADY_THERE[collection];
    if (there !== undefined) return there;
    const seed = SEEDS[collection];
    if (seed !== undefined) return await seed(this);
    const create = operations.find((one) => one.method === "POST" && one.path === collection);
    if (create === undefined) throw new Error(`nothing makes objects of ${collection}`);
    const [ids, params] = [await this.idsOf(create), await this.paramsOf(create)];
    const made = await this.call(create.name, ids, params, OPTIONS[create.name]);
    return (made as { id: string }).id;
  }
}
