// The panel that shows a document at the cited place.

import { el, icon, webAddress, Bytes, marked } from "/dom.js";
import { get, documentAddress } from "/api.js";
import { statusBadge } from "/answer.js";
import { t } from "/strings.js";

/** Bytes of text drawn before and after the place; more on request. A code of 300 kB opens as fast as a leaflet. */
const WINDOW = 24_000;

/** Bytes of a piece of a long section. */
const PIECE = 8_000;

const dialog = document.getElementById("source");
const layout = document.getElementById("layout");
const wide = window.matchMedia("(min-width: 72rem)");

let opener = null;
let running = null;
let shown = null;

/** Opens the document of a citation or an evidence, with the bytes `start..end` marked and in sight. */
export async function openSource(place, from) {
  opener = from ?? opener;
  running?.abort();
  running = new AbortController();
  shown = null;
  dialog.replaceChildren(head(place, null), el("p", { class: "quiet waiting" }, t().sourceLoading));
  show();
  try {
    const found = await fetched(documentAddress(place.collection, place.key, place.version), running.signal);
    shown = { place, found };
    draw();
  } catch (error) {
    if (error.name === "AbortError") return;
    // The quotation came with the answer: it can be read even when the document cannot.
    dialog.replaceChildren(
      head(place, null),
      el("p", { class: "notice" }, t().errors[error.code] || error.message || t().unreachable),
      el("blockquote", { class: "source-text" }, place.quote ?? place.text ?? ""),
    );
  }
}

/** The last few documents: whoever checks an answer opens the same ones again and again. */
const kept = new Map();

async function fetched(path, signal) {
  const found = kept.get(path) ?? (await get(path, signal));
  kept.delete(path);
  kept.set(path, found);
  if (kept.size > 4) kept.delete(kept.keys().next().value);
  return found;
}

/** The document that took this one's place, from its beginning. */
function openSuccessor(place, of) {
  const key = of.superseded_by;
  openSource({ collection: place.collection, key, title: key, status: "unknown", start: 0, end: 0 });
}

export function closeSource() {
  if (!dialog.open) return false;
  dialog.close();
  return true;
}

/** Draws the words anew after the language changed. */
export function redrawSource() {
  if (dialog.open && shown) draw();
}

function show() {
  layout.classList.add("with-source");
  if (dialog.open) return;
  if (wide.matches) dialog.show();
  else dialog.showModal();
}

dialog.addEventListener("close", () => {
  running?.abort();
  layout.classList.remove("with-source");
  for (const chip of document.querySelectorAll("[aria-current=location]")) chip.removeAttribute("aria-current");
  if (opener?.isConnected) opener.focus();
  opener = null;
});

// A panel beside the answer turns into one above it, and back, when the window changes.
wide.addEventListener("change", () => {
  if (!dialog.open) return;
  const keep = opener;
  dialog.close();
  opener = keep;
  show();
});

function head(place, found) {
  const of = found ?? place;
  const address = of.source_url && webAddress(of.source_url);
  return el(
    "div",
    { class: "source-head" },
    el(
      "div",
      { class: "source-bar" },
      el("h2", { id: "source-title", tabindex: "-1" }, of.title),
      el(
        "button",
        { type: "button", class: "plain close", "aria-label": t().close, title: `${t().close} (Esc)`, onclick: closeSource },
        icon("cross"),
      ),
    ),
    el("p", { class: "source-where" }, [place.locator, place.page ? t().page(place.page) : ""].filter(Boolean).join(" · ")),
    el(
      "p",
      { class: "source-facts" },
      statusBadge(of),
      of.issuer && el("span", {}, of.issuer),
      address && el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, t().original),
    ),
    of.superseded_by &&
      el(
        "p",
        { class: "quiet" },
        `${t().superseded} `,
        el("button", { type: "button", class: "link", onclick: () => openSuccessor(place, of) }, of.superseded_by),
      ),
    found && !found.current && el("p", { class: "notice small" }, t().notCurrent),
    of.note && el("p", { class: "quiet" }, of.note),
  );
}

function draw() {
  const { place, found } = shown;
  const bytes = new Bytes(found.text);
  const blocks = blocksOf(found, bytes);
  let first = blocks.findIndex((block) => block.end > place.start);
  if (first < 0) first = 0;
  let last = blocks.findLastIndex((block) => block.start < place.end);
  if (last < first) last = first;
  const body = el("div", { class: "source-text", lang: found.lang, tabindex: "0", role: "document" });
  const before = el("button", { type: "button", class: "plain more" }, t().earlier);
  const after = el("button", { type: "button", class: "plain more" }, t().later);
  const nodes = (from, to) => {
    const made = [];
    for (let at = from; at <= to; at += 1) made.push(drawBlock(blocks, at, bytes, place));
    return made;
  };
  let low = reach(blocks, first, -1, WINDOW);
  let high = reach(blocks, last, 1, WINDOW);
  body.append(before, ...nodes(low, high), after);
  const settle = () => {
    before.hidden = low === 0;
    after.hidden = high === blocks.length - 1;
  };
  before.addEventListener("click", () => {
    const next = reach(blocks, low - 1, -1, WINDOW);
    const height = body.scrollHeight;
    before.after(...nodes(next, low - 1));
    low = next;
    // What was in sight stays where it was.
    dialog.scrollTop += body.scrollHeight - height;
    settle();
  });
  after.addEventListener("click", () => {
    const next = reach(blocks, high + 1, 1, WINDOW);
    after.before(...nodes(high + 1, next));
    high = next;
    settle();
  });
  settle();
  dialog.replaceChildren(
    head(place, found),
    body,
    el("p", { class: "quiet source-licence" }, found.licence ? `${t().licence}: ${found.licence}` : ""),
  );
  const mark = dialog.querySelector("mark");
  if (mark) {
    const bar = dialog.querySelector(".source-head").offsetHeight;
    dialog.scrollTop = Math.max(0, mark.offsetTop - bar - dialog.clientHeight / 5);
  }
  document.getElementById("source-title").focus({ preventScroll: true });
}

/** The block that lies `size` bytes from block `at` in a direction. */
function reach(blocks, at, step, size) {
  let left = size;
  let now = at;
  while (blocks[now + step] && left > 0) {
    now += step;
    left -= blocks[now].end - blocks[now].start;
  }
  return now;
}

/** Sections, and whatever stands between them, without a gap: nothing of the stored text is left out. */
function blocksOf(found, bytes) {
  const { length } = bytes;
  const blocks = [];
  let at = 0;
  for (const section of found.sections) {
    if (section.start > at) blocks.push({ start: at, end: section.start });
    if (section.end > section.start) blocks.push({ ...section, start: Math.max(section.start, at) });
    at = Math.max(at, section.end);
  }
  if (at < length) blocks.push({ start: at, end: length });
  return blocks.filter((block) => block.end > block.start).flatMap((block) => pieces(block, bytes));
}

/** A long block in pieces that end with a line, so that a text without sections opens as fast as one with many. */
function pieces(block, bytes) {
  const parts = [];
  let { start } = block;
  while (block.end - start > 2 * PIECE) {
    const stop = bytes.bytes.indexOf(10, start + PIECE) + 1;
    if (stop <= 0 || stop >= block.end) break;
    parts.push({ ...block, start, end: stop });
    start = stop;
  }
  parts.push({ ...block, start });
  return parts.map((part, at) => (at === 0 ? part : { ...part, continued: true }));
}

/** What stands between two sections. Headings that the next section is shown under anyway are not shown twice. */
function drawGap(block, next, text, bytes, place) {
  const cited = block.start < place.end && place.start < block.end;
  const known = new Set([next?.locator, ...(next?.path ?? [])].filter(Boolean).map(plain));
  const lines = bytes.slice(block.start, block.end).split("\n").filter((line) => line.trim() && !known.has(plain(line)));
  if (cited) return el("div", { class: "gap" }, text);
  return lines.length ? el("div", { class: "gap" }, lines.join("\n")) : el("div", { class: "gap empty" });
}

/** A heading without its marks and spaces, so that `## 第一章　总则` is `第一章 总则`. */
function plain(heading) {
  return heading.replace(/[\s\u3000#*]+/g, "");
}

function drawBlock(blocks, at, bytes, place) {
  const block = blocks[at];
  const text = marked(bytes, block.start, block.end, [place], { class: "cited" });
  if (block.locator === undefined) return drawGap(block, blocks[at + 1], text, bytes, place);
  const cited = block.start < place.end && place.start < block.end;
  const above = blocks.slice(0, at).findLast((other) => other.path)?.path ?? [];
  const changed = block.path.findIndex((heading, depth) => heading !== above[depth]);
  const headings = changed < 0 ? [] : block.path.slice(changed);
  return el(
    "section",
    { class: ["block", cited && "cited-block", block.continued && "continued"].filter(Boolean).join(" ") },
    headings.length > 0 && el("p", { class: "block-path" }, headings.join(" › ")),
    block.locator &&
      !block.continued &&
      !bytes.slice(block.start, Math.min(block.end, block.start + 300)).startsWith(block.locator) &&
      el("h3", {}, block.locator, block.page ? el("span", { class: "block-page" }, t().page(block.page)) : null),
    el("div", { class: "block-text" }, text),
  );
}
