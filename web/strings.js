// Every word of the page, in both languages.

const STRINGS = {
  en: {
    skip: "Skip to the answer",
    tagline: "answers that can be checked",
    api: "API",
    otherLang: "中文",
    otherLangTitle: "切换到中文",
    question: "Your question",
    placeholder: "Ask one question about the documents in the knowledge base",
    goesOnFrom: (question) => `Goes on from: ${question}`,
    startAnew: "Start anew",
    readAs: (question) => `Read as: ${question}`,
    enter: "Enter to ask · Shift + Enter for a new line",
    ask: "Ask",
    stop: "Stop",
    collections: "Search in",
    allCollections: "All collections",
    mode: "Mode",
    asOf: "Law as of",
    modes: { strict: "Verbatim", grounded: "Written", explore: "Ideas (no answer)" },
    standings: { supported: "The knowledge base backs this", contradicted: "The knowledge base says otherwise", unknown: "The knowledge base does not decide this" },
    noIdeas: "The model came up with nothing that can be checked.",
    ideasFound: (n) => `${n} ideas`,
    modeHints: {
      strict: "The answer is quoted from the sources, word for word.",
      grounded: "A model writes; every sentence is checked against the sources.",
      explore: "A model gives ideas that do not come from the sources; each is held against them. This is no answer.",
    },
    footer: "Attest quotes and checks sources. It does not replace professional advice.",
    answerLabel: "Answer",
    searching: "Searching the collections",
    found: (n) => (n === 1 ? "1 passage found; judging sentences" : `${n} passages found; judging sentences`),
    stopped: "Stopped. What is shown below was already checked; the answer is not complete.",
    outcomes: {
      answered: ["Answered", "Every sentence below is backed by a source."],
      flagged: ["Answered in part", "Some sentences are marked: read their sources before you rely on them."],
      abstained: ["Not answered", ""],
    },
    verdicts: {
      supported: "Supported",
      contradicted: "Contradicted",
      unsupported: "Not in the sources",
      miscited: "Wrong source cited",
      conflict: "Sources disagree",
      needs_review: "Needs review",
      not_checked: "Nothing to check",
    },
    details: { verbatim: "word for word", tabled: "by the figure of a table", model: "by meaning" },
    roles: { supports: "backs this", contradicts: "says otherwise", nearest: "nearest passage" },
    why: "Why",
    confidence: "Score for support",
    confidenceNote: "A ranking score, not a probability.",
    inSentence: "Here",
    inSource: "Source",
    showInSource: "Show in the source",
    withheld: (n) => (n === 1 ? "1 sentence was withheld" : `${n} sentences were withheld`),
    withheldNote: "These sentences were drafted and did not pass verification. They are not part of the answer.",
    sourcesCited: "Sources",
    alsoFound: (n) => `Also found (${n})`,
    copy: "Copy with sources",
    copied: "Copied",
    share: "Copy link",
    print: "Print",
    json: "JSON",
    abstainTitle: "No answer from these sources",
    disagreeTitle: "Sources disagree",
    alsoStandsIn: "The same text stands in:",
    recallTitle: "A source of this answer changed since",
    recallChanges: {
      removed: "it is no longer in the knowledge base",
      text: "the words that were cited no longer stand there",
      validity: "the words stand, but whether they govern is another matter now",
      expired: "its last day has passed",
    },
    recallNow: "Now it says:",
    recallSince: (day) => `Changed on ${day}`,
    abstainCalm: "Attest answers only what its sources say. It would rather say nothing than guess.",
    searched: "Searched",
    passages: (n) => `${n.toLocaleString("en")} passages`,
    vectorsPending: (share) => `Search by meaning covers ${share} % so far; the index is still being built.`,
    nearest: "Nearest passages",
    nearestNote: "Judged not to answer the question.",
    statuses: {
      in_force: "In force",
      amended: "Amended",
      repealed: "Repealed",
      historical: "Earlier version",
      not_yet_in_force: "Not yet in force",
      unknown: "",
    },
    since: (from) => `since ${from}`,
    until: (to) => `until ${to}`,
    range: (from, to) => `${from} to ${to}`,
    superseded: "Superseded by",
    close: "Close",
    source: "Source",
    sourceLoading: "Opening the source",
    original: "Original",
    licence: "Licence",
    notCurrent: "This is an earlier state of the document, as it was when it was cited.",
    earlier: "Show earlier text",
    later: "Show later text",
    page: (n) => `p. ${n}`,
    provenance: "How this answer was made",
    provenanceRows: {
      mode: "Mode",
      as_of: "Law as of",
      embedder: "Search model",
      query_adapter: "Question adapter",
      reranker: "Reranker",
      generator: "Writing model",
      index: "Index position",
      created: "Made at",
      version: "Version",
      id: "Answer id",
    },
    noModel: "none",
    errorTitle: "This did not work",
    unreachable: "Attest cannot be reached. Is it still running?",
    broken: "The connection ended before the answer was complete.",
    retry: "Try again",
    retryIn: (s) => `Try again in ${s} s`,
    requestId: "Request",
    notReady: "Attest is not ready to answer",
    noCollections: "There are no documents yet",
    noCollectionsHint: "Read some in with: attest ingest --collection NAME FILES",
    examples: "For example",
    emptyQuestion: "Write a question first.",
    // The server's own words are English.
    errors: {},
    summary: (shown, supported, withheld) =>
      `Answer ready. ${shown} sentences, ${supported} supported${withheld ? `, ${withheld} withheld` : ""}.`,
    documents: (n) => (n === 1 ? "1 document" : `${n.toLocaleString("en")} documents`),
  },
  zh: {
    skip: "跳到回答",
    tagline: "每一句都可核查",
    api: "接口",
    otherLang: "English",
    otherLangTitle: "Switch to English",
    question: "问题",
    placeholder: "就知识库中的文件提一个问题",
    goesOnFrom: (question) => `接着问：${question}`,
    startAnew: "重新开始",
    readAs: (question) => `理解为：${question}`,
    enter: "回车提问 · Shift + 回车换行",
    ask: "提问",
    stop: "停止",
    collections: "检索范围",
    allCollections: "全部资料",
    mode: "方式",
    asOf: "法律适用日期",
    modes: { strict: "原文", grounded: "撰写", explore: "设想（非回答）" },
    standings: { supported: "知识库支持", contradicted: "与知识库矛盾", unknown: "知识库不能判定" },
    noIdeas: "模型没有提出可以核对的想法。",
    ideasFound: (n) => `${n} 条想法`,
    modeHints: {
      strict: "回答逐字引自来源。",
      grounded: "由模型撰写，每一句均与来源核对。",
      explore: "由模型提出不来自来源的想法，逐条与来源核对；不是回答。",
    },
    footer: "Attest 引用并核对来源，不能代替专业意见。",
    answerLabel: "回答",
    searching: "正在检索",
    found: (n) => `找到 ${n} 处相关内容，正在逐句核对`,
    stopped: "已停止。以下所示均已核对，但回答并不完整。",
    outcomes: {
      answered: ["已回答", "以下每一句都有来源支持。"],
      flagged: ["部分回答", "带标记的句子请先核对来源，再作依据。"],
      abstained: ["未作答", ""],
    },
    verdicts: {
      supported: "有来源支持",
      contradicted: "与来源矛盾",
      unsupported: "来源未提及",
      miscited: "引用有误",
      conflict: "来源不一致",
      needs_review: "需人工核对",
      not_checked: "无需核对",
    },
    details: { verbatim: "逐字一致", tabled: "与表中数值一致", model: "语义一致" },
    roles: { supports: "支持", contradicts: "相反", nearest: "最接近的内容" },
    why: "理由",
    confidence: "支持度评分",
    confidenceNote: "仅用于排序，并非概率。",
    inSentence: "句中",
    inSource: "来源",
    showInSource: "查看原文",
    withheld: (n) => `${n} 句未予显示`,
    withheldNote: "以下句子曾被拟出，但未通过核对，不属于回答。",
    sourcesCited: "来源",
    alsoFound: (n) => `其他相关内容（${n}）`,
    copy: "复制（含来源）",
    copied: "已复制",
    share: "复制链接",
    print: "打印",
    json: "JSON",
    abstainTitle: "现有来源无法回答",
    disagreeTitle: "来源说法不一",
    alsoStandsIn: "同文另见：",
    recallTitle: "此回答的来源后来有变化",
    recallChanges: {
      removed: "已不在知识库中",
      text: "所引用的文字已不在原处",
      validity: "文字未变，但效力状态已变",
      expired: "已过其施行的最后一天",
    },
    recallNow: "现在的文字：",
    recallSince: (day) => `变更于 ${day}`,
    abstainCalm: "Attest 只回答来源中有的内容；宁可不答，也不猜测。",
    searched: "已检索",
    passages: (n) => `${n.toLocaleString("zh")} 段`,
    vectorsPending: (share) => `语义检索目前覆盖 ${share}%，索引仍在建立。`,
    nearest: "最接近的内容",
    nearestNote: "经判断并未回答这一问题。",
    statuses: {
      in_force: "现行有效",
      amended: "已被修改",
      repealed: "已废止",
      historical: "历史版本",
      not_yet_in_force: "尚未施行",
      unknown: "",
    },
    since: (from) => `${from} 起`,
    until: (to) => `至 ${to}`,
    range: (from, to) => `${from} 至 ${to}`,
    superseded: "已被替代：",
    close: "关闭",
    source: "来源",
    sourceLoading: "正在打开来源",
    original: "原始出处",
    licence: "许可",
    notCurrent: "这是引用时的文本，此后已有新版本。",
    earlier: "显示前文",
    later: "显示后文",
    page: (n) => `第 ${n} 页`,
    provenance: "回答的生成依据",
    provenanceRows: {
      mode: "方式",
      as_of: "法律适用日期",
      embedder: "检索模型",
      query_adapter: "问题适配器",
      reranker: "重排模型",
      generator: "撰写模型",
      index: "索引位置",
      created: "生成时间",
      version: "版本",
      id: "回答编号",
    },
    noModel: "无",
    errorTitle: "未能完成",
    unreachable: "无法连接 Attest，它是否仍在运行？",
    broken: "回答尚未完成，连接即已中断。",
    retry: "重试",
    retryIn: (s) => `${s} 秒后重试`,
    requestId: "请求编号",
    notReady: "Attest 尚不能作答",
    noCollections: "还没有任何文件",
    noCollectionsHint: "请先导入：attest ingest --collection 名称 文件",
    examples: "例如",
    emptyQuestion: "请先写下问题。",
    errors: {
      busy: "模型正忙，请稍后再试。",
      generator_down: "撰写模型没有响应；可改用原文方式，或稍后再试。",
      not_ready: "尚无可用的模型，请先运行 attest models pull auto。",
      timeout: "用时过长，已停止。",
      internal: "Attest 内部出错，请求未能完成。",
      unknown_collection: "没有这个资料库。",
      unknown_answer: "没有这份回答。",
      unknown_document: "没有这份文件或这个版本。",
      question_too_long: "问题过长，请缩短；较长的材料请先导入资料库。",
      too_large: "内容过大。",
      empty_question: "请先写下问题。",
      bad_date: "日期无效。",
      cancelled: "请求已取消。",
    },
    summary: (shown, supported, withheld) =>
      `回答完成：共 ${shown} 句，${supported} 句有来源支持${withheld ? `，${withheld} 句未予显示` : ""}。`,
    documents: (n) => `${n.toLocaleString("zh")} 份文件`,
  },
};

/** Questions that the bundled collections can answer; shown where the collection is there. */
export const EXAMPLES = [
  { collection: "legal-zh", lang: "zh", question: "借钱没有约定还款时间怎么办？" },
  {
    collection: "legal-en",
    lang: "en",
    question: "Within how many hours must a personal data breach be notified to the supervisory authority?",
  },
  { collection: "medical-en", lang: "en", question: "What is diabetes insipidus?" },
];

function preferred() {
  try {
    const kept = localStorage.getItem("attest-lang");
    if (kept === "zh" || kept === "en") return kept;
  } catch {
    // Storage may be forbidden; then the browser's language decides.
  }
  return (navigator.language ?? "en").toLowerCase().startsWith("zh") ? "zh" : "en";
}

let current = preferred();

export const lang = () => current;

/** The words of the current language. */
export const t = () => STRINGS[current];

/** A title in two languages, "中国法律 · Chinese law", in the reader's; any other title as it is. */
export function titleHere(title) {
  const parts = title.split(" · ");
  const chinese = parts.map((part) => /[\u4e00-\u9fff]/.test(part));
  if (parts.length !== 2 || chinese[0] === chinese[1]) return title;
  return parts[chinese.indexOf(current === "zh")];
}

/** A message that came in both languages. */
export const say = (message) => (message ? (message[current] ?? message.en ?? "") : "");

export function switchLang() {
  current = current === "zh" ? "en" : "zh";
  try {
    localStorage.setItem("attest-lang", current);
  } catch {
    // It then holds for this visit only.
  }
}

/** Fills everything in the page that carries the name of a string. */
export function translatePage() {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t()[node.dataset.t];
  for (const node of document.querySelectorAll("[data-t-placeholder]")) {
    node.setAttribute("placeholder", t()[node.dataset.tPlaceholder]);
  }
}
