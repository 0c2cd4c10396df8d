// Small helpers. Data from outside becomes text nodes and nothing else: no markup is ever parsed here.

/** Makes an element. `props`: attributes, `on*` listeners, booleans; children: nodes, strings, or nothing. */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const SHAPES = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  alert: "M8 3.5v5.5M8 12.2v.3",
  question: "M5.6 6a2.4 2.4 0 1 1 3.6 2.1C8.4 8.6 8 9 8 9.8M8 12.3v.2",
  swap: "M3 6h9l-2.5-2.5M13 10H4l2.5 2.5",
  differ: "M3.5 6h9M3.5 10h9M10.5 3l-5 10",
  open: "M6 4l4 4-4 4",
  minus: "M4 8h8",
  hidden: "M2.5 8s2-4 5.5-4 5.5 4 5.5 4-2 4-5.5 4-5.5-4-5.5-4zM3 13L13 3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5L14 14",
  pause: "M6 4v8M10 4v8",
};

/** A decorative icon; its meaning always stands beside it in words. */
export function icon(name, extra = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name] ?? SHAPES.minus);
  svg.append(path);
  return svg;
}

/** Only web addresses become links; anything else stays text. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A text whose places are byte offsets of UTF-8, as the API gives them. */
export class Bytes {
  constructor(text) {
    this.bytes = new TextEncoder().encode(text);
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    this.length = this.bytes.length;
  }

  slice(start, end) {
    return this.decoder.decode(this.bytes.subarray(start, end));
  }
}

/**
 * The text from `start` to `end` as nodes, with `spans` of it marked; spans may overlap and lie partly outside.
 * All places are bytes of `bytes`.
 */
export function marked(bytes, start, end, spans, attributes = {}) {
  const inside = spans
    .map((span) => ({ start: Math.max(span.start, start), end: Math.min(span.end, end) }))
    .filter((span) => span.start < span.end)
    .sort((a, b) => a.start - b.start);
  const nodes = [];
  let at = start;
  for (const span of inside) {
    if (span.end <= at) continue;
    const from = Math.max(span.start, at);
    if (from > at) nodes.push(bytes.slice(at, from));
    nodes.push(el("mark", attributes, bytes.slice(from, span.end)));
    at = span.end;
  }
  if (at < end) nodes.push(bytes.slice(at, end));
  return nodes;
}
