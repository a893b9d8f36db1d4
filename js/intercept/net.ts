/**
 * The safety net: connections to Stripe's hosts that nothing above has caught. undici's own clients
 * and dispatchers, a `fetch` that was captured early, jsdom's XMLHttpRequest and bare sockets end here.
 *
 * They get a connection that leads to an HTTP server in memory. It listens nowhere. This is slower
 * than the layers above, and it fails closed: only a request that `passthrough` lets out leaves.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { builtin } from "../builtin.ts";
import { isStripeHost } from "../hosts.ts";
import { hub, type Store } from "../hub.ts";
import { answer, onTheNetwork, passesThrough } from "../route.ts";
import type { Headers, Question } from "../wire.ts";
import { Patch } from "./patch.ts";

interface Options {
  host?: string;
  servername?: string;
  port?: number | string;
}

type Connect = (this: unknown, ...args: any[]) => Duplex;

/** `ours` gets the socket that is asked to connect, where one is. */
function connectPatch(
  target: () => object | undefined,
  name: string,
  ours: (to: Options & { host: string }, done: (() => void) | undefined, on: Socket) => Duplex,
): Patch {
  return new Patch(target, name, (beneath: Connect): Connect => {
    return function connect(...args) {
      const options = optionsOf(args);
      const host = isStripeHost(options.servername) ? options.servername : options.host;
      const isFree = !hub.installed || hub.context.getStore()?.network;
      if (isFree || !isStripeHost(host)) return beneath.apply(this, args);
      const done = args.flat().find((arg) => typeof arg === "function");
      return ours({ ...options, host }, done, this as Socket);
    };
  });
}

/** All the ways to open a connection. The modules' own callers look them up there at call time. */
export const netPatches: readonly Patch[] = [
  connectPatch(() => builtin("tls"), "connect", (to, done) => connection(to, true, done)),
  connectPatch(() => builtin("net"), "connect", (to, done) => connection(to, false, done)),
  connectPatch(() => builtin("net"), "createConnection", (to, done) => connection(to, false, done)),
  connectPatch(() => builtin("net")?.Socket.prototype, "connect", (to, done, socket) =>
    lead(socket, connection(to, false, undefined), done),
  ),
];

/** The modules' named exports for ESM follow their properties only when told to. */
export function syncModules(): void {
  builtin("module")?.syncBuiltinESMExports();
}

/** `connect(options)`, `connect(port, host, options)`, `connect(port, options)`, as Node takes them. */
function optionsOf(args: readonly unknown[]): Options {
  // net passes on arguments that it has normalized already, as an array in an array.
  const list = Array.isArray(args[0]) ? args[0] : args;
  const options: Options = {};
  for (const arg of list) {
    if (typeof arg === "object" && arg !== null) Object.assign(options, arg);
  }
  if (typeof list[0] === "number" || typeof list[0] === "string") options.port = list[0];
  if (typeof list[1] === "string") options.host = list[1];
  return options;
}

interface Side extends Duplex {
  peer: Side;
  host: string;
  port: number | string | undefined;
  encrypted: boolean;
  /** The context of the one that wrote last: a connection may serve several tests in turn. */
  context: Store | undefined;
}

let sideClass: (new () => Side) | undefined;

function connection(
  { host, port }: Options & { host: string },
  encrypted: boolean,
  done: (() => void) | undefined,
): Side {
  const Side = (sideClass ??= makeSide());
  const [client, server] = [new Side(), new Side()];
  for (const side of [client, server]) Object.assign(side, { host, port, encrypted });
  client.peer = server;
  server.peer = client;
  memoryServer().emit("connection", server);
  if (done) client.once(encrypted ? "secureConnect" : "connect", done);
  void Promise.resolve().then(() => {
    Object.assign(client, { connecting: false });
    client.emit("connect");
    if (encrypted) client.emit("secureConnect");
    client.emit("ready");
  });
  return client;
}

/** Has a socket that was made elsewhere speak through one of ours, as if it had connected. */
function lead(socket: Socket, through: Side, done: (() => void) | undefined): Socket {
  const ours = {
    connecting: true,
    _read: () => void through.resume(),
    _write: (chunk: Buffer, encoding: BufferEncoding, sent: () => void) =>
      void through.write(chunk, encoding, sent),
    _writev: null,
    _final: (ended: () => void) => void through.end(ended),
    _destroy: (error: Error | null, closed: (error: Error | null) => void) => {
      through.destroy();
      closed(error);
      // Node's sockets say so themselves.
      void Promise.resolve().then(() => socket.emit("close", error !== null));
    },
  };
  Object.assign(socket, ours);
  through.on("data", (chunk: Buffer) => void (socket.push(chunk) || through.pause()));
  through.on("end", () => void socket.push(null));
  if (done) socket.once("connect", done);
  through.once("ready", () => {
    Object.assign(socket, { connecting: false });
    socket.emit("connect");
    socket.emit("ready");
  });
  return socket;
}

/** One end of a connection: what is written here is read there. */
function makeSide(): new () => Side {
  return class MemorySocket extends builtin("stream")!.Duplex {
    declare peer: Side;
    host = "";
    port: number | string | undefined;
    context: Store | undefined;
    connecting = true;
    encrypted = true;
    authorized = true;
    authorizationError = null;
    alpnProtocol = false;
    remoteAddress = "127.0.0.1";
    remoteFamily = "IPv4";
    remotePort = 443;
    bytesRead = 0;
    bytesWritten = 0;
    #resume: (() => void) | undefined;

    override _read(): void {
      this.#resume?.();
      this.#resume = undefined;
    }

    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      this.context = hub.context.getStore();
      this.bytesWritten += chunk.length;
      (this.peer as unknown as MemorySocket).#receive(chunk, done);
    }

    override _final(done: () => void): void {
      if (!this.peer.destroyed) this.peer.push(null);
      done();
    }

    override _destroy(error: Error | null, done: (error: Error | null) => void): void {
      if (!this.peer.destroyed && !this.peer.readableEnded) this.peer.push(null);
      done(error);
    }

    #receive(chunk: Buffer, done: () => void): void {
      if (this.destroyed) return done();
      this.bytesRead += chunk.length;
      if (this.push(chunk)) done();
      else this.#resume = done;
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
      return { address: "127.0.0.1", family: "IPv4", port: 0 };
    }

    getPeerCertificate(): object {
      return {};
    }

    getProtocol(): string {
      return "TLSv1.3";
    }

    getSession(): undefined {
      return undefined;
    }

    isSessionReused(): boolean {
      return false;
    }
  } as unknown as new () => Side;
}

let server: Server | undefined;

function memoryServer(): Server {
  if (server) return server;
  server = builtin("http")!.createServer(serve);
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  server.timeout = 0;
  return server;
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const side = request.socket as unknown as Side;
    const protocol = side.encrypted ? "https" : "http";
    const standard = !side.port || Number(side.port) === (side.encrypted ? 443 : 80);
    const question = {
      method: request.method ?? "GET",
      url: `${protocol}://${side.host}${standard ? "" : `:${side.port}`}${request.url}`,
      headers: flat(request.headers),
      body: Buffer.concat(chunks),
    };
    if (passesThrough(question.headers["authorization"])) return passOn(question, response);
    const answered = hub.context.run(side.peer.context ?? {}, () => answer(question));
    const { status, rawHeaders, body } = answered;
    if (answered.failure) return void request.socket.destroy();
    // One request a connection: a connection kept by a pool would outlive `uninstall()`, and would
    // carry the context of the test that opened it into others.
    response.shouldKeepAlive = false;
    response.sendDate = false;
    response.writeHead(status, withoutConnection(rawHeaders));
    response.end(request.method === "HEAD" ? undefined : body);
  });
}

/** Asks the network, and answers what it says. */
function passOn({ method, url, headers, body }: Question, response: ServerResponse): void {
  const { request } = builtin(url.startsWith("https:") ? "https" : "http")!;
  const asked = onTheNetwork(() => request(url, { method, headers }));
  asked.on("error", () => response.destroy());
  asked.on("response", (got: IncomingMessage) => {
    response.writeHead(got.statusCode ?? 500, withoutConnection(got.rawHeaders));
    got.pipe(response);
  });
  asked.end(body);
}

/** The headers without `connection`, which is between this server and its caller. */
function withoutConnection(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== "connection") kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return kept;
}

function flat(headers: IncomingMessage["headers"]): Headers {
  const result: Headers = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return result;
}
