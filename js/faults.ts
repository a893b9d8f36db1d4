/** `fake.failNext` and `fake.on`: requests of the code under test that fail on purpose. */

import { type RequestRecord } from "./log.ts";
import type { Answer, Question } from "./wire.ts";

/** A failure, as it can be asked for. */
export type Failure =
  | {
      /** Of the error, or a decline code: `card_declined`, `insufficient_funds`, `lock_timeout`. */
      code: string;
      decline_code?: string;
      message?: string;
      param?: string;
      status?: number;
      charge?: string;
      advice_code?: string;
      network_decline_code?: string;
    }
  | { status: number; message?: string }
  | {
      /** A code of Node's, and the request never arrives; or its work is done and the answer lost. */
      network: "ECONNRESET" | "ECONNREFUSED" | "ETIMEDOUT" | "ENOTFOUND" | "EPIPE" | "lost_answer";
    };

/** An answer of the test's own, or a failure. */
export type OwnAnswer = Failure | { status?: number; body: unknown };

/** `POST /v1/charges`, `/v1/customers/*`, `POST /v1/payment_intents/:id/confirm`, or by looking. */
export type Match = string | RegExp | ((request: RequestRecord) => boolean);

export type OwnHandler = (request: RequestRecord) => OwnAnswer | undefined | void;

interface Rule {
  matches: (request: RequestRecord) => boolean;
  answer: OwnHandler;
  left: number;
}

/** What is to become of a request. */
export interface Fate {
  /** For the engine: the failure as JSON. */
  fault?: string;
  network?: string;
}

export class Faults {
  #rules: Rule[] = [];

  get none(): boolean {
    return this.#rules.length === 0;
  }

  failNext(match: Match, failure: Failure, { times = 1 }: { times?: number } = {}): void {
    const wanted = failure as { code?: string; status?: number; network?: string };
    if (!wanted?.code && !wanted?.status && !wanted?.network) {
      throw new TypeError("fakestripe: a failure has a `code`, a `status` or a `network`.");
    }
    this.#rules.push({ matches: matcher(match), answer: () => failure, left: times });
  }

  /** The latest rule is asked first; the function returned takes it away. */
  on(match: Match, answer: OwnHandler): () => void {
    const rule = { matches: matcher(match), answer, left: Infinity };
    this.#rules.unshift(rule);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== rule);
    };
  }

  /** What is to become of a request; undefined where nothing is to go wrong. */
  fate(request: RequestRecord): Fate | undefined {
    for (const rule of this.#rules) {
      if (!rule.matches(request)) continue;
      const answer = rule.answer(request);
      if (answer === undefined || answer === null) continue;
      rule.left -= 1;
      if (rule.left <= 0) this.#rules = this.#rules.filter((other) => other !== rule);
      if ("network" in answer) return { network: answer.network };
      const fault = "body" in answer ? { answer } : answer;
      return { fault: JSON.stringify(fault) };
    }
    return undefined;
  }
}

function matcher(match: Match): (request: RequestRecord) => boolean {
  if (typeof match === "function") return match;
  if (typeof match !== "string") return (request) => match.test(String(request));
  const [, method, path] = /^(?:([A-Z]+)\s+)?(\/\S*|\*)$/.exec(match.trim()) ?? [];
  if (path === undefined) {
    throw new TypeError(`fakestripe: "${match}" is no request. Write it as "POST /v1/charges".`);
  }
  const steps = path.split("/").map((step) =>
    step === "*" || step.startsWith(":") || /^\{.*\}$/.test(step)
      ? "[^/]+"
      : step.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  );
  const pattern = path === "*" ? /^/ : new RegExp(`^${steps.join("/")}$`);
  return (request) => (!method || request.method === method) && pattern.test(request.path);
}

/** The error that a connection breaks with, as Node's sockets have it. */
export function brokenConnection(question: Question, code: string): Error {
  const host = new URL(question.url).hostname;
  const lost = code === "lost_answer" || code === "ECONNRESET";
  const message = lost
    ? "socket hang up"
    : code === "ENOTFOUND"
      ? `getaddrinfo ENOTFOUND ${host}`
      : code === "EPIPE"
        ? "write EPIPE"
        : `connect ${code} ${host}:443`;
  return Object.assign(new Error(message), { code: lost ? "ECONNRESET" : code });
}

/** An answer that never arrives: each way of catching a request breaks the connection in its own. */
export function broken(question: Question, code: string): Answer {
  return {
    status: 0,
    rawHeaders: [],
    body: new Uint8Array(0),
    failure: brokenConnection(question, code),
  };
}
