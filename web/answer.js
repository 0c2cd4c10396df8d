// What is known of an answer, as elements: while it is being made, and when it is there.

import { el, icon, Bytes, marked } from "/dom.js";
import { t, say, lang } from "/strings.js";

const ICONS = {
  supported: "check",
  contradicted: "cross",
  unsupported: "question",
  miscited: "swap",
  conflict: "differ",
  needs_review: "alert",
  not_checked: "minus",
};

/** Whether and when a text governs, in words; nothing for texts of which that is not known. */
export function statusBadge(of) {
  const name = t().statuses[of.status] ?? "";
  const { valid_from: from, valid_to: to } = of;
  const dates = from && to ? t().range(from, to) : from ? t().since(from) : to ? t().until(to) : "";
  if (!name && !dates) return null;
  const shape = of.status === "in_force" ? "check" : of.status === "unknown" ? null : "alert";
  return el(
    "span",
    { class: `badge status-${of.status}` },
    shape && icon(shape),
    [name, dates].filter(Boolean).join(" · "),
  );
}

/** "第六百七十五条", "Item 7 · p. 4". */
function placeIn(of) {
  const page = of.page ? t().page(of.page) : "";
  return [of.locator, of.locator === page ? "" : page].filter(Boolean).join(" · ");
}

/** "民法典 · 第六百七十五条", "Regulation (EU) 2016/679 · Art. 33". */
export function placeName(of) {
  return [shortTitle(of.title), placeIn(of)].filter(Boolean).join(" · ");
}

function shortTitle(title) {
  return title.replace(/^中华人民共和国(?=.)/, "");
}

/** A button that opens the exact place. */
export function citationChip(citation, open) {
  const repealed = citation.status === "repealed" || citation.status === "historical";
  const role = citation.role === "supports" ? null : el("span", { class: "chip-role" }, t().roles[citation.role]);
  return el(
    "button",
    {
      type: "button",
      class: `chip role-${citation.role}`,
      title: citation.title,
      onclick: (event) => open(citation, event.currentTarget),
    },
    el("span", { class: "chip-label" }, `[${citation.label}]`),
    el("span", { class: "chip-title" }, shortTitle(citation.title)),
    el("span", { class: "chip-place" }, placeIn(citation)),
    role,
    repealed && el("span", { class: "chip-role" }, t().statuses[citation.status]),
  );
}

/** The sentence; each `[n]` in it that is one of its citations becomes a button. */
function sentenceText(sentence, open) {
  const byLabel = new Map(sentence.citations.map((citation) => [String(citation.label), citation]));
  const nodes = [];
  let at = 0;
  for (const match of sentence.text.matchAll(/\s?\[(\d+)\]/g)) {
    const citation = byLabel.get(match[1]);
    if (!citation) continue;
    const button = el(
      "button",
      {
        type: "button",
        class: "mark-label",
        "aria-label": `[${match[1]}] ${placeName(citation)}`,
        onclick: (event) => open(citation, event.currentTarget),
      },
      match[1],
    );
    // The label stays on the line of the character before it.
    const before = [...sentence.text.slice(at, match.index)];
    const last = before.pop() ?? "";
    nodes.push(before.join(""), el("span", { class: "together" }, last, button));
    at = match.index + match[0].length;
  }
  nodes.push(sentence.text.slice(at));
  return nodes;
}

function verdictLine(of) {
  const detail = of.verdict === "supported" ? t().details[of.detail] : "";
  return el(
    "span",
    { class: "verdict" },
    el("strong", {}, t().verdicts[of.verdict] ?? of.verdict),
    detail && el("span", { class: "verdict-detail" }, detail),
  );
}

/** The line below a sentence: verdict, places, and what opens the reasons. */
function sentenceFoot(of, evidence, open) {
  const panel = reasons(of, evidence, open);
  const foot = el(
    "div",
    { class: "sentence-foot" },
    verdictLine(of),
    of.citations.map((citation) => citationChip(citation, open)),
  );
  if (!panel) return foot;
  panel.hidden = true;
  const toggle = el(
    "button",
    {
      type: "button",
      class: "why-toggle",
      "aria-expanded": "false",
      onclick: () => {
        panel.hidden = !panel.hidden;
        toggle.setAttribute("aria-expanded", String(!panel.hidden));
      },
    },
    t().why,
    icon("open"),
  );
  foot.append(toggle);
  return [foot, panel];
}

/** The reasons behind a verdict, readable on their own. */
function reasons(of, evidence, open) {
  if (!of.reasons.length) return null;
  const list = of.reasons.map((reason) => {
    const comparison =
      reason.comparison &&
      el(
        "dl",
        { class: "comparison" },
        el("div", {}, el("dt", {}, t().inSentence), el("dd", {}, reason.comparison.claim)),
        el("div", { class: "relation", "aria-hidden": "true" }, reason.comparison.relation),
        el("div", {}, el("dt", {}, t().inSource), el("dd", {}, reason.comparison.source)),
      );
    const claim = reason.claim_span && new Bytes(of.claim);
    const context =
      claim && el("p", { class: "reason-claim" }, marked(claim, 0, claim.length, [reason.claim_span]));
    const found = reason.evidence && evidence.get(reason.evidence.label);
    const place =
      found &&
      el(
        "button",
        { type: "button", class: "link", onclick: (event) => open(within(found, reason.evidence), event.currentTarget) },
        `${t().showInSource} [${found.label}]`,
      );
    return el(
      "li",
      { class: `reason effect-${reason.effect}` },
      el("p", {}, say(reason.message), " ", el("span", { class: "code" }, reason.code)),
      context,
      comparison,
      place,
    );
  });
  return el(
    "div",
    { class: "why" },
    el("ul", { class: "reasons" }, list),
    el(
      "p",
      { class: "quiet" },
      `${t().confidence}: ${of.confidence.toLocaleString(lang(), { maximumFractionDigits: 2 })}. ${t().confidenceNote}`,
    ),
  );
}

/** A place inside an evidence, as a place in its document. */
function within(found, place) {
  return { ...found, start: found.start + place.start, end: found.start + place.end };
}

/** One shown sentence. */
export function sentenceItem(sentence, evidence, open) {
  return el(
    "li",
    { class: `sentence verdict-${sentence.verdict} shown-${sentence.shown}` },
    el("span", { class: "verdict-icon" }, icon(ICONS[sentence.verdict])),
    el(
      "div",
      { class: "sentence-body" },
      el("p", { class: "sentence-text" }, sentenceText(sentence, open)),
      sentenceFoot(sentence, evidence, open),
    ),
  );
}

function withheldPart(withheld, evidence, open) {
  if (!withheld.length) return null;
  const items = withheld.map((sentence) =>
    el(
      "li",
      { class: `sentence verdict-${sentence.verdict} shown-withheld` },
      el("span", { class: "verdict-icon" }, icon(ICONS[sentence.verdict])),
      el(
        "div",
        { class: "sentence-body" },
        el("p", { class: "sentence-text" }, sentence.claim),
        sentenceFoot(sentence, evidence, open),
      ),
    ),
  );
  return el(
    "details",
    { class: "withheld" },
    el("summary", {}, icon("hidden"), t().withheld(withheld.length), icon("open", "turn")),
    el("p", { class: "quiet" }, t().withheldNote),
    el("ol", { class: "sentences" }, items),
  );
}

/** A passage with its place, its state and its first words. */
function passage(of, text, open, evidence) {
  const heading = (of.path ?? evidence.get(of.label)?.path ?? []).at(-1);
  return el(
    "li",
    { class: "passage" },
    el(
      "button",
      { type: "button", class: "passage-open", onclick: (event) => open(of, event.currentTarget) },
      el("span", { class: "chip-label" }, `[${of.label}]`),
      el("span", { class: "passage-place" }, placeName(of)),
    ),
    statusBadge(of),
    heading && heading !== of.title && heading !== of.locator && el("p", { class: "passage-heading" }, heading),
    el("p", { class: "passage-text" }, text),
    copiesLine(of.copies ?? evidence.get(of.label)?.copies ?? []),
  );
}

/** Where the same text stands too. */
function copiesLine(copies) {
  return copies.length > 0 && el("p", { class: "quiet" }, `${t().alsoStandsIn} ${copies.map(placeName).join("; ")}`);
}

/** Quotations of one document in its order; what lies inside another is not repeated, what touches is not parted. */
function joined(places) {
  const sorted = [...places].sort((a, b) => a.start - b.start || b.end - a.end);
  let text = "";
  let end = null;
  for (const place of sorted) {
    if (end !== null && place.end <= end) continue;
    const bytes = new Bytes(place.quote);
    const known = end === null ? 0 : Math.max(0, end - place.start);
    if (end !== null && place.start > end) text += place.start - end <= 2 ? " " : " … ";
    text += bytes.slice(known, bytes.length);
    end = place.end;
  }
  return text;
}

/** The cited places once each, in the order of their labels, then what was found besides. */
function sourcesPart(answer, evidence, open) {
  const cited = new Map();
  for (const sentence of answer.sentences) {
    if (sentence.shown === "withheld") continue;
    for (const citation of sentence.citations) {
      const source = cited.get(citation.label) ?? { citation, places: [] };
      source.places.push(citation);
      cited.set(citation.label, source);
    }
  }
  const list = [...cited.values()].sort((a, b) => a.citation.label - b.citation.label);
  const others = answer.evidence.filter((found) => !cited.has(found.label));
  return [
    list.length > 0 &&
      el(
        "section",
        { class: "sources" },
        el("h3", {}, t().sourcesCited),
        el(
          "ol",
          { class: "passages" },
          list.map(({ citation, places }) => passage(citation, joined(places), open, evidence)),
        ),
      ),
    others.length > 0 &&
      el(
        "details",
        { class: "others" },
        el("summary", {}, t().alsoFound(others.length)),
        el("ol", { class: "passages" }, others.map((found) => passage(found, found.text, open, evidence))),
      ),
  ];
}

function searchedLine(searched, titles) {
  const names = searched.collections.map((name) => titles.get(name) ?? name).join(lang() === "zh" ? "、" : ", ");
  return [
    el("p", { class: "quiet" }, `${t().searched}: ${names || t().allCollections} · ${t().passages(searched.chunks)}`),
    searched.vectors_permille < 1000 &&
      el("p", { class: "quiet" }, t().vectorsPending(Math.floor(searched.vectors_permille / 10))),
  ];
}

function abstentionCard(abstention, evidence, titles, open) {
  const message = say(abstention.message);
  const told = abstention.searched.collections.every((name) => message.includes(name));
  return el(
    "section",
    { class: "card abstention" },
    el("h3", {}, icon("pause"), t().abstainTitle),
    el("p", { class: "abstention-message" }, message),
    el("p", { class: "quiet" }, t().abstainCalm),
    searchedLine(abstention.searched, titles).slice(told ? 1 : 0),
    abstention.nearest.length > 0 && [
      el("h4", {}, t().nearest),
      el("p", { class: "quiet" }, t().nearestNote),
      el("ol", { class: "passages" }, abstention.nearest.map((near) => passage(near, near.quote, open, evidence))),
    ],
  );
}

/** What changed in the sources since a stored answer was given. */
function recallCard(recalls) {
  return (
    recalls.length > 0 &&
    el(
      "section",
      { class: "card recall" },
      el("h3", {}, icon("pause"), t().recallTitle),
      recalls.map((recall) => [
        el("p", {}, `${recall.title} ${recall.locator}: ${t().recallChanges[recall.change] ?? recall.change}`),
        el("blockquote", {}, recall.old_text),
        recall.change === "text" && recall.new_text && [el("p", { class: "quiet" }, t().recallNow), el("blockquote", {}, recall.new_text)],
        recall.since && el("p", { class: "quiet" }, t().recallSince(recall.since.slice(0, 10))),
      ]),
    )
  );
}

/** Sources that say different things, one beside the other, where the answer rests on one of them. */
function disagreementsCard(answer, evidence, open) {
  const cited = new Set(answer.sentences.flatMap((s) => (s.shown === "withheld" ? [] : s.citations.map((c) => c.label))));
  const told = (answer.disagreements ?? []).filter((d) => cited.has(d.one.label) || cited.has(d.other.label));
  if (!told.length) return null;
  const side = (place) => {
    const found = evidence.get(place.label);
    if (!found) return null;
    return [
      el(
        "button",
        { type: "button", class: "link", onclick: (event) => open(within(found, place), event.currentTarget) },
        `[${found.label}] ${placeName(found)}`,
      ),
      el("blockquote", {}, new Bytes(found.text).slice(place.start, place.end)),
    ];
  };
  return el(
    "section",
    { class: "card disagreement" },
    el("h3", {}, icon("differ"), t().disagreeTitle),
    told.map((d) => [el("p", {}, say(d.message)), side(d.one), side(d.other)]),
  );
}

function provenancePart(answer) {
  const rows = t().provenanceRows;
  const { provenance } = answer;
  const model = (of) => (of ? [of.name, " ", el("span", { class: "code" }, of.sha256.slice(0, 12))] : t().noModel);
  const row = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
  return el(
    "details",
    { class: "provenance" },
    el("summary", {}, t().provenance),
    el(
      "dl",
      { class: "rows" },
      row(rows.mode, t().modes[provenance.mode] ?? provenance.mode),
      row(rows.as_of, provenance.as_of),
      row(rows.embedder, model(provenance.embedder)),
      provenance.reranker && row(rows.reranker, model(provenance.reranker)),
      provenance.query_adapter && row(rows.query_adapter, model(provenance.query_adapter)),
      row(rows.generator, model(provenance.generator)),
      provenance.thresholds.map((threshold) => row(threshold.name, String(threshold.value))),
      row(rows.index, String(provenance.index_position)),
      row(rows.created, new Date(answer.created_at).toLocaleString(lang())),
      row(rows.version, provenance.version),
      row(rows.id, el("span", { class: "code" }, answer.id)),
    ),
  );
}

/** The answer as a text that can be pasted elsewhere, sources and all. */
export function asPlainText(answer) {
  const lines = [answer.question, ""];
  if (answer.abstention) lines.push(say(answer.abstention.message));
  for (const sentence of answer.sentences) {
    if (sentence.shown === "withheld") continue;
    const note = sentence.verdict === "supported" ? "" : ` (${t().verdicts[sentence.verdict]})`;
    const labels = [...new Set(sentence.citations.map((citation) => `[${citation.label}]`))];
    const missing = labels.filter((label) => !sentence.text.includes(label)).join("");
    lines.push(`${sentence.text}${missing}${note}`);
  }
  const cited = new Map();
  for (const sentence of answer.sentences) {
    if (sentence.shown === "withheld") continue;
    for (const citation of sentence.citations) cited.set(citation.label, citation);
  }
  if (cited.size) lines.push("", t().sourcesCited);
  for (const citation of [...cited.values()].sort((a, b) => a.label - b.label)) {
    const state = statusBadge(citation)?.textContent;
    lines.push(`[${citation.label}] ${citation.title} ${citation.locator}${state ? ` (${state})` : ""}`);
  }
  return lines.join("\n");
}

/** The question as a heading, in its own language's type. */
export function asked(question) {
  return el("h2", { class: "asked", lang: /[\u4e00-\u9fff]/.test(question) ? "zh-CN" : "en" }, question);
}

/** The head of an answer: the question and how it went. */
function outcomeHead(answer) {
  const [name, line] = t().outcomes[answer.outcome] ?? [answer.outcome, ""];
  const shape = { answered: "check", flagged: "alert", abstained: "pause" }[answer.outcome];
  return el(
    "header",
    { class: `outcome outcome-${answer.outcome}` },
    asked(answer.question),
    answer.read_as && el("p", { class: "read-as" }, t().readAs(answer.read_as)),
    answer.outcome !== "abstained" &&
      el("p", { class: "outcome-line" }, icon(shape), el("strong", {}, name), line && el("span", {}, line)),
  );
}

/** A finished answer. `hooks`: `open` a source, `titles` of collections, `actions` to offer. */
export function renderAnswer(answer, hooks) {
  const evidence = new Map(answer.evidence.map((found) => [found.label, found]));
  const shown = answer.sentences.filter((sentence) => sentence.shown !== "withheld");
  const withheld = answer.sentences.filter((sentence) => sentence.shown === "withheld");
  return [
    outcomeHead(answer),
    recallCard(hooks.recalls ?? []),
    !answer.abstention && disagreementsCard(answer, evidence, hooks.open),
    answer.abstention && abstentionCard(answer.abstention, evidence, hooks.titles, hooks.open),
    shown.length > 0 &&
      el("ol", { class: "sentences", lang: answer.lang }, shown.map((s) => sentenceItem(s, evidence, hooks.open))),
    withheldPart(withheld, evidence, hooks.open),
    el("div", { class: "actions" }, hooks.actions),
    !answer.abstention && sourcesPart(answer, evidence, hooks.open),
    !answer.abstention && searchedLine(answer.searched, hooks.titles),
    provenancePart(answer),
  ].flat(Infinity).filter(Boolean);
}
