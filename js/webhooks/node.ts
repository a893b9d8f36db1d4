/** Calls a Node request handler, such as an Express app, without a server: nothing listens. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { builtin } from "../builtin.ts";
import { guardTicks } from "../intercept/ticks.ts";

export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  ...rest: any[]
) => unknown;

interface Sent {
  url: string;
  headers: Record<string, string>;
  payload: string;
}

export async function callNode(
  handler: NodeHandler,
  sent: Sent,
): Promise<{ status: number; body: string }> {
  const http = builtin("http");
  const stream = builtin("stream");
  if (!http || !stream) throw new Error("fakestripe: Node request handlers run in Node only.");
  const chunks: Buffer[] = [];
  const socket = new stream.Duplex({
    read() {},
    write(chunk: Buffer, encoding, done) {
      chunks.push(Buffer.from(chunk as never, encoding as never));
      done();
    },
  });
  Object.assign(socket, { remoteAddress: "127.0.0.1", encrypted: true });
  const request = requestOn(new http.IncomingMessage(socket as never), sent);
  const response = new http.ServerResponse(request);
  // One answer and then the end: the body needs no framing.
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.assignSocket(socket as never);
  const release = guardTicks();
  try {
    await ended(handler, request, response, socket);
  } finally {
    release();
  }
  const raw = Buffer.concat(chunks);
  const end = raw.indexOf("\r\n\r\n");
  return { status: response.statusCode, body: raw.subarray(end < 0 ? 0 : end + 4).toString() };
}

function requestOn(request: IncomingMessage, sent: Sent): IncomingMessage {
  const url = new URL(sent.url);
  request.method = "POST";
  request.url = url.pathname + url.search;
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 0;
  request.httpVersion = "1.0";
  const headers: Record<string, string> = { host: url.host, ...sent.headers };
  request.headers = headers;
  request.rawHeaders = Object.entries(headers).flat();
  request.push(Buffer.from(sent.payload));
  request.push(null);
  request.complete = true;
  return request;
}

/** Until the response has ended; what the handler throws before that is thrown. */
function ended(
  handler: NodeHandler,
  request: IncomingMessage,
  response: ServerResponse,
  socket: Duplex,
): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once("finish", () => resolve());
    response.once("close", () => resolve());
    socket.once("error", reject);
    const notFound = (error?: unknown) => {
      if (error) reject(error);
      else response.writeHead(404).end();
    };
    Promise.resolve()
      .then(() => handler(request, response, notFound))
      .catch(reject);
  });
}
