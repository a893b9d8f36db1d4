/**
 * The types of the library API and of `fake.state`, derived from the `stripe` package's own: every
 * method of the client, without the promise.
 */

import type Stripe from "stripe";
import type { LiveList } from "./state.ts";

type AnyFunction = (...args: any[]) => unknown;

/** What a promise of the client comes to, without what only an HTTP answer has; a file is its bytes. */
type Bare<T> = T extends Stripe.Response<infer Value>
  ? Value
  : T extends { pipe: AnyFunction }
    ? Uint8Array
    : T;

/**
 * The fullest signature of a method. Older majors write optional arguments as overloads, the fullest
 * first; a conditional type by itself would see the last.
 */
type Fullest<F> = F extends {
  (...args: infer A): infer R;
  (...args: infer _1): infer _2;
  (...args: infer _3): infer _4;
  (...args: infer _5): infer _6;
}
  ? [A, R]
  : F extends {
        (...args: infer A): infer R;
        (...args: infer _1): infer _2;
        (...args: infer _3): infer _4;
      }
    ? [A, R]
    : F extends { (...args: infer A): infer R; (...args: infer _1): infer _2 }
      ? [A, R]
      : F extends (...args: infer A) => infer R
        ? [A, R]
        : never;

/** The library may also set what only Stripe's servers could set: `status`, `created` and so on. */
type Settable<Params, Answer> = Params & {
  [Name in Exclude<keyof Answer, keyof Params | "object">]?: Answer[Name];
};

type Argument<Arg, Answer> = Arg extends string | number | boolean | undefined | Stripe.RequestOptions
  ? Arg
  : Arg extends object
    ? Settable<Arg, Answer>
    : Arg;

type Arguments<Args extends unknown[], Answer> = {
  [Place in keyof Args]: Argument<Args[Place], Answer>;
};

type Call<Name, Args, Result> = Args extends unknown[]
  ? Name extends "create" | "update"
    ? (...args: Arguments<Args, Bare<Awaited<Result>>>) => Bare<Awaited<Result>>
    : (...args: Args) => Bare<Awaited<Result>>
  : never;

type Method<Name, F> = Fullest<F> extends [infer Args, infer Result]
  ? Call<Name, Args, Result>
  : never;

/** A namespace of the client with its methods made synchronous. */
export type Synchronous<Resource> = {
  [Name in keyof Resource as Resource[Name] extends AnyFunction | object ? Name : never]:
    Resource[Name] extends AnyFunction
      ? Method<Name, Resource[Name]>
      : Synchronous<Resource[Name]>;
};

/** What the client has beside the API, and what a fake has under the same name itself. */
type NotTheApi =
  | "webhooks"
  | "errors"
  | "VERSION"
  | "on"
  | "off"
  | "once"
  | "rawRequest"
  | "parseEventNotification"
  | "parseThinEvent"
  | "notificationHandler"
  | "getApiField"
  | "getClientUserAgent"
  | "getConstant"
  | "getEnableTelemetry"
  | "getInitialNetworkRetryDelay"
  | "getMaxNetworkRetries"
  | "getMaxNetworkRetryDelay"
  | "getTelemetryEnabled"
  | "setAppInfo"
  | "setClientId"
  | `_${string}`;

type Namespaces = {
  [Name in keyof Stripe as Name extends NotTheApi
    ? never
    : Stripe[Name] extends AnyFunction
      ? never
      : Stripe[Name] extends object
        ? Name
        : never]: Stripe[Name];
};

/** The call surface of the `stripe` client, synchronous. */
export type Library = { [Name in keyof Namespaces]: Synchronous<Namespaces[Name]> };

type Stored<F> = F extends AnyFunction ? Exclude<Answer<F>, { deleted: true }> : never;
type Answer<F> = Fullest<F> extends [unknown, infer Result] ? Bare<Awaited<Result>> : never;
type Listed<F> = Answer<F> extends { data: Array<infer Item> } ? Item : never;

/** The lists of a namespace: one where the namespace stores objects, and those of its own parts. */
export type StateOf<Resource> = Part<Resource> & {
  [Name in keyof Resource as Resource[Name] extends AnyFunction
    ? never
    : Resource[Name] extends object
      ? Name
      : never]: StateOf<Resource[Name]>;
};

type Part<Resource> = Resource extends { retrieve: infer F extends AnyFunction }
  ? LiveList<Stored<F>>
  : Resource extends { create: infer F extends AnyFunction }
    ? LiveList<Stored<F>>
    : Resource extends { list: infer F extends AnyFunction }
      ? LiveList<Listed<F>>
      : unknown;

/** What a partition holds, under the property names of the client. */
export type State = { readonly [Name in keyof Namespaces]: StateOf<Namespaces[Name]> };

type Row<Resource> = Resource extends { create: infer F extends AnyFunction }
  ? { [Name in keyof Answer<F>]?: unknown } & { [name: string]: unknown }
  : { [name: string]: unknown };

/**
 * Plain objects by collection; references to one another are ids. Collections within a namespace
 * have dotted names, such as `checkout.sessions`.
 */
export type SeedRows = {
  [Name in keyof Namespaces]?: Row<Namespaces[Name]>[];
} & { [name: `${string}.${string}`]: { [name: string]: unknown }[] };

/** Refuses collections that do not exist; an inferred type alone would let them through. */
export type Known<Rows> = { [Name in Exclude<keyof Rows, keyof SeedRows>]: never };

/** What seeding made, by collection, in the order given. */
export type Seeded<Rows> = {
  [Name in keyof Rows]: Name extends keyof Namespaces
    ? Namespaces[Name] extends { create: infer F extends AnyFunction }
      ? Answer<F>[]
      : any[]
    : any[];
};
