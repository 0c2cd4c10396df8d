// Ideas beyond the sources, drawn so that nobody takes them for an answer.

import { el, icon } from "/dom.js";
import { asked, citationChip } from "/answer.js";
import { t, say } from "/strings.js";

const ICONS = { supported: "check", contradicted: "cross", unknown: "question" };

/** What was made up, each idea with what the knowledge base says of it. `open` shows a place in a source. */
export function renderExploration(found, open) {
  const idea = (of) =>
    el(
      "li",
      { class: `idea standing-${of.standing}` },
      el("span", { class: "verdict-icon" }, icon(ICONS[of.standing])),
      el(
        "div",
        { class: "sentence-body" },
        el("p", {}, of.claim),
        el(
          "div",
          { class: "sentence-foot" },
          el("strong", {}, t().standings[of.standing]),
          // What is merely near an undecided idea would look like its source.
          of.standing === "unknown" ? [] : of.citations.map((citation) => citationChip(citation, open)),
        ),
      ),
    );
  return [
    el("header", { class: "outcome" }, asked(found.question)),
    el("p", { class: "notice", role: "note" }, icon("alert"), " ", say(found.notice)),
    found.ideas.length
      ? el("ol", { class: "ideas", lang: found.lang }, found.ideas.map(idea))
      : el("p", { class: "quiet" }, t().noIdeas),
    el("p", { class: "quiet" }, `${t().provenanceRows.generator}: ${found.generator.name} · ${found.as_of}`),
  ];
}
