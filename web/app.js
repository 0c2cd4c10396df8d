// The page: asking, following the answer, opening stored answers.

import { el, icon } from "/dom.js";
import { ask, get, post, readiness, ApiError } from "/api.js";
import { asPlainText, asked, renderAnswer, sentenceItem } from "/answer.js";
import { renderExploration } from "/explore.js";
import { openSource, closeSource, redrawSource } from "/source.js";
import { EXAMPLES, lang, switchLang, t, titleHere, translatePage } from "/strings.js";

const byId = (id) => document.getElementById(id);
const form = byId("ask");
const box = byId("question");
const submit = byId("submit");
const mode = byId("mode");
const asOf = byId("as-of");
const answerPart = byId("answer");
const live = byId("live");

const known = { collections: [], ready: null };
let running = null;
/** The questions of this conversation so far, oldest first: the next one may lean on them. */
let thread = [];
const THREAD = 16;
/** Draws what the answer part shows; called again when the language changes. */
let redraw = () => {};

// ------------------------------------------------------------------------------------------------------- controls

function chosenCollections() {
  return [...document.querySelectorAll("#collections input:checked")].map((input) => input.value);
}

function drawControls() {
  const chosen = new Set(chosenCollections());
  byId("collections").replaceChildren(
    ...known.collections.map((collection) =>
      el(
        "label",
        { class: "toggle", title: t().documents(collection.documents) },
        el("input", { type: "checkbox", value: collection.name, checked: chosen.has(collection.name), onchange: noteAll }),
        el("span", {}, icon("check"), titleHere(collection.title)),
      ),
    ),
    el("span", { class: "hint", id: "all-note" }, t().allCollections),
  );
  byId("collections-set").hidden = known.collections.length === 0;
  noteAll();

  const modes = [...(known.ready?.modes?.length ? known.ready.modes : ["strict"]), ...(known.ready?.explore ? ["explore"] : [])];
  const before = mode.value;
  mode.replaceChildren(...modes.map((code) => el("option", { value: code }, t().modes[code] ?? code)));
  if (modes.includes(before)) mode.value = before;
  noteMode();

  submit.textContent = running ? t().stop : t().ask;
  submit.classList.toggle("stopping", Boolean(running));
  const other = byId("switch-lang");
  other.textContent = t().otherLang;
  other.title = t().otherLangTitle;
  other.lang = lang() === "zh" ? "en" : "zh-CN";
  answerPart.setAttribute("aria-label", t().answerLabel);
  drawThread();
}

function drawThread() {
  const last = thread.at(-1);
  const place = byId("thread");
  place.hidden = !last;
  place.replaceChildren(
    el("span", { title: last }, t().goesOnFrom(last ?? "")),
    el("button", { type: "button", class: "plain", onclick: () => goOnFrom([]) }, t().startAnew),
  );
}

function goOnFrom(questions) {
  thread = questions.slice(-THREAD);
  drawThread();
}

function noteAll() {
  const note = byId("all-note");
  if (note) note.hidden = chosenCollections().length > 0;
}

function noteMode() {
  byId("mode-hint").textContent = t().modeHints[mode.value] ?? "";
}

function grow() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 320)}px`;
}

function titles() {
  return new Map(known.collections.map((collection) => [collection.name, titleHere(collection.title)]));
}

function announce(text) {
  live.textContent = text;
}

// ---------------------------------------------------------------------------------------------------------- states

function show(draw) {
  redraw = () => answerPart.replaceChildren(...[draw()].flat(Infinity).filter(Boolean));
  redraw();
}

function showStart() {
  show(() => {
    if (known.ready && known.collections.length === 0) {
      return el(
        "section",
        { class: "card" },
        el("h2", {}, t().noCollections),
        el("p", { class: "code-line" }, t().noCollectionsHint),
      );
    }
    const names = new Set(known.collections.map((collection) => collection.name));
    const fitting = EXAMPLES.filter((example) => names.has(example.collection));
    if (!fitting.length) return null;
    return el(
      "section",
      { class: "examples" },
      el("h2", {}, t().examples),
      el(
        "ul",
        {},
        fitting.map((example) =>
          el(
            "li",
            {},
            el(
              "button",
              { type: "button", class: "example", lang: example.lang, onclick: () => askExample(example) },
              el("span", {}, example.question),
              el("span", { class: "quiet" }, titles().get(example.collection)),
            ),
          ),
        ),
      ),
    );
  });
}

function askExample(example) {
  goOnFrom([]);
  fill({ q: example.question, collections: [example.collection] });
  start();
}

function showError(error) {
  const message = () => t().errors[error.code] || error.message || t()[error.code] || t().unreachable;
  announce(`${t().errorTitle}. ${message()}`);
  let left = error.retryAfter ?? 0;
  const retry = el("button", { type: "button", class: "primary", onclick: () => start() });
  const label = () => {
    retry.textContent = left > 0 ? t().retryIn(left) : t().retry;
    retry.disabled = left > 0;
  };
  if (left > 0) {
    const clock = setInterval(() => {
      left -= 1;
      label();
      if (left <= 0 || !retry.isConnected) clearInterval(clock);
    }, 1000);
  }
  show(() => {
    label();
    return el(
      "section",
      { class: "card error", role: "alert" },
      el("h2", {}, icon("alert"), t().errorTitle),
      el("p", {}, message()),
      error.hint && !t().errors[error.code] && el("p", { class: "quiet" }, error.hint),
      error.requestId && el("p", { class: "quiet" }, `${t().requestId}: `, el("span", { class: "code" }, error.requestId)),
      box.value.trim() && retry,
    );
  });
}

function showProblems() {
  const problems = known.ready?.problems ?? [];
  byId("notices").replaceChildren(
    ...(known.ready && (!known.ready.ready || problems.length)
      ? [
          el(
            "section",
            { class: "notice" },
            !known.ready.ready && el("strong", {}, t().notReady),
            problems.length > 0 && el("ul", {}, problems.map((problem) => el("li", {}, problem))),
          ),
        ]
      : []),
  );
}

/** An answer that is on its way: `state` holds what has come. */
function showProgress(state) {
  show(() => {
    const evidence = new Map((state.evidence ?? []).map((found) => [found.label, found]));
    const visible = state.sentences.filter((sentence) => sentence && sentence.shown !== "withheld");
    const step = state.evidence ? t().found(state.evidence.length) : t().searching;
    return [
      el("header", { class: "outcome" }, asked(state.question)),
      visible.length > 0 &&
        el("ol", { class: "sentences" }, visible.map((sentence) => sentenceItem(sentence, evidence, open))),
      state.stopped
        ? el("p", { class: "notice" }, t().stopped)
        : el("p", { class: "progress" }, el("span", { class: "pulse", "aria-hidden": "true" }), step),
    ];
  });
}

function showAnswer(answer, recalls = []) {
  document.title = `${answer.question} – Attest`;
  show(() =>
    renderAnswer(answer, {
      open,
      recalls,
      titles: titles(),
      actions: [
        copyButton(t().copy, () => asPlainText(answer)),
        copyButton(t().share, () => `${location.origin}/a/${encodeURIComponent(answer.id)}`),
        el("button", { type: "button", class: "plain", onclick: () => window.print() }, t().print),
        el("a", { class: "plain", href: `/v1/answers/${encodeURIComponent(answer.id)}`, target: "_blank" }, t().json),
      ],
    }),
  );
}

function copyButton(label, text) {
  return el(
    "button",
    {
      type: "button",
      class: "plain",
      onclick: async (event) => {
        const button = event.currentTarget;
        await copy(text());
        button.textContent = t().copied;
        announce(t().copied);
        setTimeout(() => (button.textContent = label), 1500);
      },
    },
    label,
  );
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without HTTPS browsers offer only the old way.
    const area = el("textarea", { class: "hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function open(place, from) {
  for (const chip of document.querySelectorAll("[aria-current=location]")) chip.removeAttribute("aria-current");
  from?.setAttribute("aria-current", "location");
  openSource(place, from);
}

// ---------------------------------------------------------------------------------------------------------- asking

function fill({ q, collections = [], mode: wanted, asOf: day }) {
  box.value = q ?? "";
  grow();
  // A collection that is not there is not left out in silence: that would search all of them.
  const missing = collections.filter((name) => name && !known.collections.some((one) => one.name === name));
  for (const name of missing) known.collections.push({ name, title: name, documents: 0 });
  if (missing.length) drawControls();
  for (const input of document.querySelectorAll("#collections input")) input.checked = collections.includes(input.value);
  noteAll();
  if (wanted && [...mode.options].some((option) => option.value === wanted)) mode.value = wanted;
  noteMode();
  asOf.value = day ?? "";
}

function address() {
  const query = new URLSearchParams({ q: box.value.trim() });
  for (const name of chosenCollections()) query.append("collection", name);
  if (mode.selectedIndex > 0) query.set("mode", mode.value);
  if (asOf.value) query.set("as_of", asOf.value);
  for (const earlier of thread) query.append("after", earlier);
  return `/?${query}`;
}

function stop() {
  running?.abort();
}

async function start({ remember = true } = {}) {
  const question = box.value.trim();
  if (!question) {
    announce(t().emptyQuestion);
    box.focus();
    return;
  }
  stop();
  closeSource();
  if (remember) {
    const next = address();
    if (next !== location.pathname + location.search) history.pushState(null, "", next);
  }
  document.title = `${question} – Attest`;
  const control = new AbortController();
  running = control;
  drawControls();
  const state = { question, evidence: null, sentences: [], stopped: false };
  showProgress(state);
  announce(t().searching);
  try {
    const body = { question, collections: chosenCollections(), mode: mode.value || undefined };
    if (asOf.value) body.as_of = asOf.value;
    if (thread.length) body.earlier = thread;
    if (body.mode === "explore") {
      const { mode: _, earlier: __, ...wanted } = body;
      const found = await post("/v1/explore", wanted, control.signal);
      show(() => renderExploration(found, open));
      announce(t().ideasFound(found.ideas.length));
      return;
    }
    for await (const [event, data] of ask(body, control.signal)) {
      if (event === "evidence") {
        state.evidence = data.evidence;
        announce(t().found(data.evidence.length));
      } else if (event === "sentence" || event === "revised") {
        state.sentences[data.index] = data;
      } else if (event === "verdict") {
        // The sentence came judged; a later verdict on it replaces what was known.
        Object.assign(state.sentences[data.index] ?? {}, data);
      } else if (event === "done") {
        showAnswer(data);
        summarise(data);
        goOnFrom(data.read_as ? [...thread, question] : [question]);
        return;
      }
      showProgress(state);
    }
  } catch (error) {
    if (running !== control && running !== null) return;
    if (error.name === "AbortError") {
      state.stopped = true;
      showProgress(state);
      announce(t().stopped);
    } else if (error instanceof ApiError) {
      showError(error);
    } else {
      console.error(error);
      showError(new ApiError("broken", ""));
    }
  } finally {
    if (running === control) {
      running = null;
      drawControls();
    }
  }
}

function summarise(answer) {
  if (answer.abstention) {
    announce(t().abstainTitle);
    return;
  }
  const count = (test) => answer.sentences.filter(test).length;
  announce(
    t().summary(
      count((s) => s.shown !== "withheld"),
      count((s) => s.shown !== "withheld" && s.verdict === "supported"),
      count((s) => s.shown === "withheld"),
    ),
  );
}

// ---------------------------------------------------------------------------------------------------------- routes

/** Shows what the address asks for: a stored answer, a question, or the start. */
async function route() {
  const stored = location.pathname.match(/^\/a\/([^/]+)$/);
  if (stored) {
    await showStored(decodeURIComponent(stored[1]));
    return;
  }
  const query = new URLSearchParams(location.search);
  const q = query.get("q")?.trim();
  goOnFrom(query.getAll("after"));
  fill({
    q,
    collections: query.getAll("collection").flatMap((names) => names.split(",")),
    mode: query.get("mode"),
    asOf: query.get("as_of"),
  });
  if (q) {
    await start({ remember: false });
  } else {
    document.title = "Attest";
    showStart();
    box.focus();
  }
}

async function showStored(id) {
  try {
    const answer = await get(`/v1/answers/${encodeURIComponent(id)}`);
    fill({ q: answer.question, mode: answer.provenance.mode, asOf: answer.provenance.as_of });
    // An answer is shown even where nobody can tell whether its sources changed.
    const changed = await get(`/v1/recall?answer=${encodeURIComponent(id)}`).catch(() => ({ recalls: [] }));
    showAnswer(answer, changed.recalls);
    goOnFrom([answer.read_as ?? answer.question]);
  } catch (error) {
    showError(error);
  }
}

async function load() {
  const [ready, list] = await Promise.all([readiness(), get("/v1/collections").catch((error) => error)]);
  known.ready = ready;
  if (list instanceof Error) showError(list);
  else known.collections = list.collections;
  drawControls();
  showProblems();
}

// ---------------------------------------------------------------------------------------------------------- events

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) stop();
  else start();
});

box.addEventListener("keydown", (event) => {
  // While Chinese is being composed, Enter belongs to the input method.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    start();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (closeSource()) event.preventDefault();
  else if (running) stop();
});

box.addEventListener("input", grow);
mode.addEventListener("change", noteMode);
window.addEventListener("popstate", () => {
  stop();
  running = null;
  closeSource();
  route();
});

byId("home").addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  stop();
  running = null;
  closeSource();
  history.pushState(null, "", "/");
  route();
});

byId("switch-lang").addEventListener("click", () => {
  switchLang();
  translatePage();
  drawControls();
  showProblems();
  redraw();
  redrawSource();
});

translatePage();
drawControls();
await load();
await route();
