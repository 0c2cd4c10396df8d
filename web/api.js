// Talking to the server: plain JSON, and answers told sentence by sentence.

/** What the server, or the way to it, says is wrong. */
export class ApiError extends Error {
  constructor(code, message, hint, requestId, retryAfter) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }

  static of(body, response) {
    const error = body?.error ?? {};
    const retryAfter = Number.parseInt(response?.headers.get("retry-after") ?? "", 10);
    return new ApiError(
      error.code ?? "internal",
      error.message ?? `${response?.status ?? ""}`,
      error.hint,
      error.request_id,
      Number.isFinite(retryAfter) ? retryAfter : undefined,
    );
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("unreachable", "");
  }
  if (response.ok) return response;
  throw ApiError.of(await response.json().catch(() => null), response);
}

export async function get(path, signal) {
  return (await request(path, { headers: { accept: "application/json" }, signal })).json();
}

export async function post(path, body, signal) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return (await request(path, { method: "POST", headers, body: JSON.stringify(body), signal })).json();
}

/** Readiness is worth reading whatever its status. */
export async function readiness() {
  try {
    const response = await fetch("/readyz", { headers: { accept: "application/json" } });
    return await response.json();
  } catch {
    return null;
  }
}

/** The address of a document; its key may hold slashes and anything else. */
export function documentAddress(collection, key, version) {
  const path = `/v1/documents/${encodeURIComponent(collection)}/${encodeURIComponent(key)}`;
  return version === undefined || version === null ? path : `${path}?version=${version}`;
}

/** Asks, and yields `[event, data]` until `done`; throws what the server reports as an error. */
export async function* ask(question, signal) {
  const response = await request("/v1/answers", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(question),
    signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError("broken", "");
    }
    if (part.done) throw new ApiError("broken", "");
    pending += part.value.replaceAll("\r\n", "\n");
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const event = parse(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (!event) continue;
      if (event[0] === "error") throw ApiError.of(event[1]);
      yield event;
      if (event[0] === "done") return;
    }
  }
}

function parse(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? [name, JSON.parse(data.join("\n"))] : null;
}
