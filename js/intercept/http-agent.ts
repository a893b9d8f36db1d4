/**
 * Catches everything that goes through a Node `http.Agent`: stripe-node's default client and nearly
 * every HTTP library, however early it was imported.
 *
 * The caller keeps its real `ClientRequest`, so headers, `instanceof` and events are the real ones.
 * Only what would touch a socket is replaced, on the instance, and the answer is a real
 * `IncomingMessage`. Nothing here waits for a timer or a tick, which tests like to fake: promises
 * alone decide when things happen.
 */

import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { builtin } from "../builtin.ts";
import { isStripeHost } from "../hosts.ts";
import { hub } from "../hub.ts";
import { answer, onTheNetwork, passesThrough } from "../route.ts";
import {
  type Answer,
  type Headers,
  headersOf as plainHeaders,
  NO_BYTES,
  type Question,
} from "../wire.ts";
import { Patch } from "./patch.ts";
import { guardTicks } from "./ticks.ts";

interface Options {
  host?: string | null;
  hostname?: string | null;
  port?: string | number | null;
}

type AddRequest = (this: Agent, request: ClientRequest, options: Options, ...rest: any[]) => void;

export const agentPatch = new Patch(
  () => builtin("http")?.Agent?.prototype,
  "addRequest",
  (beneath: AddRequest): AddRequest =>
    function addRequest(request, options, ...rest) {
      const host = typeof options === "string" ? options : (options.host ?? options.hostname);
      if (!hub.installed || !isStripeHost(host)) {
        return beneath.call(this, request, options, ...rest);
      }
      if (passesThrough(headersOf(request)["authorization"])) {
        return onTheNetwork(() => beneath.call(this, request, options, ...rest));
      }
      takeOver(request, originOf(request, host as string, options.port ?? (rest[0] as number)));
    },
);

/** The request as it looks from inside Node; its types show less. */
interface Inside {
  socket: unknown;
  destroyed: boolean;
  finished: boolean;
  timeout: number | undefined;
  res: IncomingMessage | undefined;
  aborted: boolean;
  _header: string | null;
  _implicitHeader(): void;
  _contentLength: number | null;
  write: (chunk: unknown, encoding?: unknown, done?: unknown) => boolean;
  end: (chunk?: unknown, encoding?: unknown, done?: unknown) => ClientRequest;
  flushHeaders: () => void;
  setTimeout: (ms: number, done?: () => void) => ClientRequest;
  setNoDelay: () => void;
  setSocketKeepAlive: () => void;
  destroy: (error?: Error) => ClientRequest;
}

function takeOver(request: ClientRequest, origin: string): void {
  const inside = request as unknown as Inside;
  const socket = new (inertSocket())();
  const chunks: Buffer[] = [];
  let ended = false;

  const append = (chunk: unknown, encoding: unknown): void => {
    if (typeof chunk === "string") {
      if (chunk !== "") chunks.push(Buffer.from(chunk, encoding as BufferEncoding));
    } else if (ArrayBuffer.isView(chunk)) {
      // Copied: a writer may use its buffer again once `write` has returned.
      chunks.push(Buffer.from(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    } else {
      throw new TypeError('The "chunk" argument must be of type string or a view of bytes.');
    }
  };

  const finish = (): void => {
    if (inside.destroyed) return;
    request.emit("finish");
    if (inside.destroyed) return;
    const release = guardTicks();
    const question = questionOf(request, origin, chunks);
    const got = answer(question);
    if (got.failure) {
      release();
      inside.destroy(got.failure);
      return;
    }
    respond(request, socket, got, release);
  };

  inside.socket = socket;
  socket.on("error", (error: Error) => request.emit("error", error));

  inside.write = (chunk, encoding, done) => {
    if (typeof encoding === "function") [done, encoding] = [encoding, undefined];
    if (ended) throw new Error("write after end");
    append(chunk, encoding);
    if (typeof done === "function") later(done as () => void);
    return true;
  };

  inside.end = (chunk, encoding, done) => {
    if (typeof chunk === "function") [done, chunk] = [chunk, undefined];
    else if (typeof encoding === "function") [done, encoding] = [encoding, undefined];
    if (ended) return request;
    if (chunk !== undefined && chunk !== null) append(chunk, encoding);
    ended = true;
    inside.finished = true;
    if (typeof done === "function") request.once("finish", done as () => void);
    later(finish);
    return request;
  };

  inside.flushHeaders = () => {
    if (!inside._header) inside._implicitHeader();
  };

  // Answers come at once, so a timeout is remembered and never runs out.
  inside.setTimeout = (ms, done) => {
    inside.timeout = ms;
    if (done) request.once("timeout", done);
    return request;
  };
  inside.setNoDelay = () => {};
  inside.setSocketKeepAlive = () => {};

  inside.destroy = (error) => {
    if (inside.destroyed) return request;
    inside.destroyed = true;
    const failure = error ?? (inside.res ? undefined : hangUp());
    socket.destroy();
    inside.res?.destroy(error);
    later(() => {
      try {
        if (failure) request.emit("error", failure);
      } finally {
        request.emit("close");
      }
    });
    return request;
  };

  later(() => {
    if (!inside.destroyed) request.emit("socket", socket as never);
  });
}

function respond(
  request: ClientRequest,
  socket: Duplex,
  got: Answer,
  release: () => void,
): void {
  const { status, rawHeaders, body } = got;
  const http = builtin("http")!;
  const inside = request as unknown as Inside;
  const response = new http.IncomingMessage(socket as never);
  response.statusCode = status;
  response.statusMessage = http.STATUS_CODES[status] ?? "";
  response.httpVersionMajor = 1;
  response.httpVersionMinor = 1;
  response.httpVersion = "1.1";
  response.rawHeaders = rawHeaders as string[];
  response.headers = plainHeaders(got);
  response.complete = true;
  Object.assign(response, { req: request });
  inside.res = response;
  response.once("close", () => {
    release();
    if (inside.destroyed) return;
    inside.destroyed = true;
    request.emit("close");
  });
  if (!request.emit("response", response)) response.resume();
  if (body.byteLength && request.method !== "HEAD") {
    response.push(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }
  response.push(null);
}

function questionOf(request: ClientRequest, origin: string, chunks: Buffer[]): Question {
  const body = chunks.length < 2 ? (chunks[0] ?? NO_BYTES) : Buffer.concat(chunks);
  return { method: request.method, url: origin + request.path, headers: headersOf(request), body };
}

function headersOf(request: ClientRequest): Headers {
  const headers: Headers = {};
  const own = request.getHeaders();
  for (const name in own) {
    const value = own[name];
    headers[name] = Array.isArray(value) ? value.join(", ") : String(value);
  }
  // Headers given as an array are already written out, and no longer known by name.
  const written = (request as unknown as Inside)._header;
  if (written && headers["authorization"] === undefined) {
    for (const line of written.split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      if (0 < colon) headers[line.slice(0, colon).toLowerCase()] ??= line.slice(colon + 1).trim();
    }
  }
  return headers;
}

function originOf(request: ClientRequest, host: string, port: string | number | null): string {
  const protocol = request.protocol ?? "https:";
  const standard = !port || Number(port) === (protocol === "http:" ? 80 : 443);
  return `${protocol}//${host.toLowerCase()}${standard ? "" : `:${port}`}`;
}

function hangUp(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}

/** Soon, but not during the caller's turn. What a listener throws ends as an unhandled rejection. */
function later(what: () => void): void {
  void Promise.resolve().then(what);
}

let socketClass: (new () => Duplex) | undefined;

/** A socket that is connected to nothing: it has what HTTP libraries look at. */
function inertSocket(): new () => Duplex {
  return (socketClass ??= class InertSocket extends builtin("stream")!.Duplex {
    connecting = false;
    encrypted = true;
    authorized = true;
    remoteAddress = "127.0.0.1";
    remotePort = 443;
    bytesWritten = 0;
    bytesRead = 0;

    constructor() {
      super({ readable: false } as object);
    }

    override _write(_chunk: unknown, _encoding: string, done: () => void): void {
      done();
    }

    setTimeout(): this {
      return this;
    }

    setNoDelay(): this {
      return this;
    }

    setKeepAlive(): this {
      return this;
    }

    ref(): this {
      return this;
    }

    unref(): this {
      return this;
    }

    address(): object {
      return {};
    }

    getPeerCertificate(): object {
      return {};
    }
  });
}
