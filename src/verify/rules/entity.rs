//! R23: names that no source knows. R24: the right sentence about the wrong party.
//!
//! Names are told only where that can be done surely: companies by their legal form, drugs by their stem, titles by
//! their marks, English names by two capitals inside a sentence. What cannot be told surely is left to the encoder.

use std::sync::LazyLock;

use regex::Regex;

use super::{Rule, clause};
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    verify::case::{Case, Unit},
};

pub const RULES: &[Rule] = &[
    Rule { code: "R23", title: "unknown name", check: unknown },
    Rule { code: "R24", title: "wrong party", check: parties },
];

/// A name in a claim, and what of it must occur in a source.
struct Name {
    span: Span,
    /// Lower case; one of these has to occur.
    cores: Vec<String>,
    /// Sure enough to say that the source does not back it.
    sure: bool,
}

static COMPANY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<core>[\p{Han}]{2,4})(?:（[\p{Han}]{2,4}）)?(?:股份有限公司|有限责任公司|有限公司)")
        .expect("a constant pattern")
});

/// Stems of the Chinese approved drug names (中国药品通用名称命名原则).
static DRUG_ZH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<core>[\p{Han}]{1,2}(?:西林|霉素|沙星|洛韦|他汀|普利|沙坦|地平|洛尔|双胍|列汀|列净|妥珠单抗|利珠单抗|珠单抗|昔单抗|尤单抗|单抗|替尼|拉唑|替丁|昔康|",
        r"夫定|那韦|噻嗪|西泮|唑仑|拉明|卡因|肝素|环素|格雷|鲁肽|那非|膦酸|曲坦|佐辛))"
    ))
    .expect("a constant pattern")
});

/// Stems of international nonproprietary names (WHO, stem book).
static DRUG_EN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?-u:\b)(?P<core>[a-z]{3,}(?:cillin|mycin|floxacin|vastatin|sartan|dipine|gliptin|gliflozin|formin|prazole|",
        r"oxetine|tinib|ciclib|zumab|ximab|tumab|lukast|parin|glutide|conazole|cycline|triptan|dronate|afil|setron))(?-u:\b)"
    ))
    .expect("a constant pattern")
});

/// Two or more capitalised words that do not open a sentence.
static NAME_EN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?P<name>(?:[A-Z][a-z]{2,}|[A-Z]\.)(?:\s(?:of|de|van|von|the|and|&)\s?)?(?:\s[A-Z][A-Za-z'’\-]{2,}){1,4})",
    )
    .expect("a constant pattern")
});

/// Capitalised words of contracts and filings that name a role, not a thing.
const GENERIC: &str = "party parties agreement information confidential company board committee section article \
    schedule exhibit receiving disclosing representatives state states united university award bachelor master \
    prime minister president director chief officer quarter fiscal year january february march april june july august \
    september october november december";

fn names(unit: &Unit<'_>) -> Vec<Name> {
    let text = unit.text;
    let mut found: Vec<Name> = Vec::new();
    let mut add = |span: Span, cores: Vec<String>, sure: bool| {
        if !found.iter().any(|name| name.span.overlaps(span)) {
            found.push(Name { span, cores, sure });
        }
    };
    let whole = |m: regex::Match<'_>| Span::new(m.start(), m.end());
    for captures in COMPANY.captures_iter(text) {
        if let (Some(all), Some(core)) = (captures.get(0), captures.name("core")) {
            // The last two characters before the legal form often name the trade; all of the core must be foreign.
            let letters: Vec<char> = core.as_str().chars().collect();
            let generic =
                ["公司", "责任", "国有", "任何", "某", "一家"].iter().any(|word| core.as_str().contains(word))
                    || core.as_str().ends_with(['为', '是', '系', '的', '和', '或', '家', '及']);
            if !generic && letters.len() >= 2 {
                add(whole(all), vec![letters.iter().collect()], letters.len() == 4);
            }
        }
    }
    for pattern in [&DRUG_ZH, &DRUG_EN] {
        for captures in pattern.captures_iter(text) {
            if let Some(core) = captures.name("core") {
                // In Chinese one character too many may have been taken: 用头孢霉素.
                let mut cores = vec![core.as_str().to_lowercase()];
                if unit.lang == Lang::Zh {
                    let shorter: String = core.as_str().chars().skip(1).collect();
                    cores.extend((shorter.chars().count() >= 3).then_some(shorter));
                }
                add(whole(core), cores, true);
            }
        }
    }
    if unit.lang == Lang::En {
        for captures in NAME_EN.captures_iter(text) {
            let Some(name) = captures.name("name") else { continue };
            // Title-like runs at the start of a sentence or after a quotation mark are not told from prose.
            let before = text.get(..name.start()).unwrap_or_default().trim_end();
            let opens = before.is_empty() || before.ends_with(['.', '!', '?', ':', '"', '“', '(']);
            let words: Vec<String> = name
                .as_str()
                .split([' ', '-', '\'', '’'])
                .filter(|w| w.len() > 3 && w.starts_with(char::is_uppercase))
                .map(str::to_lowercase)
                .collect();
            let generic = words.iter().any(|w| GENERIC.split(' ').any(|generic| generic == w));
            if !opens && !generic && words.len() >= 2 {
                add(whole(name), words, true);
            }
        }
    }
    found
}

/// Bytes of source text from which on the absence of a name says something.
const TELLING: usize = 600;

fn unknown(case: &Case<'_>) -> Vec<Reason> {
    if case.sources.is_empty() {
        return Vec::new();
    }
    let names = names(&case.claim);
    if names.is_empty() {
        return Vec::new();
    }
    // A name written in another script than all sources is a translation.
    if case.sources.iter().all(|s| s.unit.lang != case.claim.lang) {
        return Vec::new();
    }
    let mut known: String = case
        .sources
        .iter()
        .flat_map(|s| [s.unit.text, s.meta.title.as_str()].into_iter().chain(s.path.iter().map(String::as_str)))
        .collect::<Vec<_>>()
        .join("\n")
        .to_lowercase();
    if let Some(question) = &case.question {
        known.push('\n');
        known.push_str(&question.text.to_lowercase());
    }
    // A sentence or two out of their page say "he" and "the company"; only a longer text can be said not to name it.
    let telling = known.len() >= TELLING;
    names
        .into_iter()
        .filter(|name| !name.cores.iter().any(|core| known.contains(core.as_str())))
        .map(|name| {
            let word = name.span.of(case.claim.text).unwrap_or_default();
            Reason {
                code: "R23",
                effect: if name.sure && telling { Effect::Unsupport } else { Effect::Flag },
                claim_span: Some(name.span),
                evidence: None,
                comparison: Some(Comparison {
                    claim: word.to_owned(),
                    source: String::new(),
                    relation: "absent".to_owned(),
                }),
                message: Message::new(format!("“{word}”不见于任何来源。"), format!("No source names “{word}”.")),
            }
        })
        .collect()
}

/// Parties of a legal relation, each with its counterpart.
const PARTIES_ZH: &str = "甲方 乙方,原告 被告,出租人 承租人,贷款人 借款人,债权人 债务人,出卖人 买受人,买方 卖方,用人单位 劳动者,\
    委托人 受托人,发包人 承包人,赠与人 受赠人,投保人 保险人,转让方 受让方,转让人 受让人,抵押人 抵押权人,许可人 被许可人,\
    披露方 接收方,定作人 承揽人,寄存人 保管人,上诉人 被上诉人,申请人 被申请人,控股股东 中小股东,发行人 持有人,\
    父亲 母亲,丈夫 妻子,医师 患者,实验组 对照组,试验组 对照组,治疗组 对照组,观察组 对照组,母公司 子公司";
const PARTIES_EN: &str = "lender borrower,lessor lessee,landlord tenant,buyer seller,purchaser seller,plaintiff defendant,\
    licensor licensee,employer employee,creditor debtor,disclosing-party receiving-party,discloser recipient,trustee beneficiary,\
    insurer insured,assignor assignee,mortgagor mortgagee,controller processor,parent subsidiary,acquirer target,grantor grantee,\
    franchisor franchisee,treatment control,intervention control,treatment placebo,husband wife,mother father,physician patient,seller buyer";

/// A party word: its pair, which side, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Party {
    pair: usize,
    first: bool,
    span: Span,
}

/// Where a sentence names parties.
pub(super) fn parties_named(unit: &Unit<'_>) -> Vec<Span> {
    parties_in(unit, Span::new(0, unit.text.len())).into_iter().map(|party| party.span).collect()
}

fn parties_in(unit: &Unit<'_>, within: Span) -> Vec<Party> {
    let list = if unit.lang == Lang::Zh { PARTIES_ZH } else { PARTIES_EN };
    let Some(words) = within.of(unit.text) else { return Vec::new() };
    let lower = words.to_ascii_lowercase();
    let mut found: Vec<Party> = Vec::new();
    for (pair, sides) in list.split(',').enumerate() {
        for (nth, side) in sides.trim().split(' ').enumerate() {
            let side = side.replace('-', " ");
            for (at, hit) in lower.match_indices(side.as_str()) {
                let span = Span::new(within.start() + at, within.start() + at + hit.len());
                if stands(unit, span) {
                    found.push(Party { pair, first: nth == 0, span });
                }
            }
        }
    }
    // 被告 is not in 被告人, 申请人 not in 被申请人: the longest word at a place wins.
    let all = found.clone();
    found.retain(|p| !all.iter().any(|q| q.span.contains(p.span) && q.span.len() > p.span.len()));
    found.sort_by_key(|p| p.span);
    found
}

/// A place of a sentence, and the words around it that a name may reach over.
pub(super) type Place<'u, 'a> = (&'u Unit<'a>, Span, Span);

/// Whether a party is named at one place and its counterpart at the other.
pub(super) fn are_counterparts(ours: Place<'_, '_>, theirs: Place<'_, '_>) -> bool {
    let named = |(unit, at, near): Place<'_, '_>| -> Vec<Party> {
        parties_in(unit, near).into_iter().filter(|party| party.span.overlaps(at)).collect()
    };
    let theirs = named(theirs);
    named(ours).iter().any(|our| theirs.iter().any(|their| our.pair == their.pair && our.first != their.first))
}

fn stands(unit: &Unit<'_>, span: Span) -> bool {
    let before = unit.text.get(..span.start()).and_then(|t| t.chars().next_back());
    let after = unit.text.get(span.end()..).and_then(|t| t.chars().next());
    if unit.lang == Lang::Zh {
        return !after.is_some_and(|c| "人权".contains(c)) && before != Some('被') && before != Some('再');
    }
    let plural = unit
        .text
        .get(span.end()..)
        .is_some_and(|t| t.starts_with('s') && !t[1..].starts_with(|c: char| c.is_alphanumeric()));
    !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
        && (plural || !after.is_some_and(|c| c.is_alphanumeric() || c == '-'))
}

fn apart(unit: &Unit<'_>, within: Span) -> Vec<Span> {
    parties_in(unit, within).into_iter().map(|party| party.span).chain(unit.logic.operators(within)).collect()
}

fn parties(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for clause in &case.claim.logic.clauses {
        let ours = parties_in(&case.claim, *clause);
        let Some(first) = ours.first() else { continue };
        let stretches = clause::matches(case, *clause, 0.7, apart);
        let Some(best) = stretches.first() else { continue };
        let unit = &best.source.unit;
        let difference = |m: &clause::Match<'_, '_>| -> Option<(Party, Party)> {
            differs(&case.claim, &ours, &m.source.unit, &parties_in(&m.source.unit, m.span))
        };
        let Some((our, their)) = difference(best) else { continue };
        if stretches.iter().any(|m| difference(m).is_none()) {
            continue;
        }
        let certain = best.forward >= 0.85 && best.back >= 0.6 && first.pair == our.pair;
        let (claim, source) =
            (our.span.of(case.claim.text).unwrap_or_default(), their.span.of(unit.text).unwrap_or_default());
        reasons.push(Reason {
            code: "R24",
            effect: if certain { Effect::Contradict } else { Effect::Flag },
            claim_span: Some(our.span),
            evidence: Some(best.source.at(their.span)),
            comparison: Some(Comparison {
                claim: claim.to_owned(),
                source: source.to_owned(),
                relation: "≠".to_owned(),
            }),
            message: Message::new(
                format!("断言说的是“{claim}”，来源说的是“{source}”。"),
                format!("The claim is about the {claim}, the source about the {source}."),
            ),
        });
    }
    reasons
}

/// The first party that stands in the claim where its counterpart stands in the source.
fn differs(claim: &Unit<'_>, ours: &[Party], source: &Unit<'_>, theirs: &[Party]) -> Option<(Party, Party)> {
    let our = *ours.first()?;
    let of_pair =
        |parties: &[Party]| -> Vec<Party> { parties.iter().filter(|p| p.pair == our.pair).copied().collect() };
    let (ours, theirs) = (of_pair(ours), of_pair(theirs));
    let sides = |parties: &[Party]| parties.iter().map(|p| p.first).collect::<Vec<_>>();
    // A passive turns the order round without changing who does what.
    let passive =
        |unit: &Unit<'_>| ["被", "由", "受"].iter().any(|word| unit.text.contains(word)) || unit.text.contains(" by ");
    let turned = passive(claim) != passive(source);
    match (sides(&ours).as_slice(), sides(&theirs).as_slice()) {
        ([one], [other]) if one != other => Some((our, *theirs.first()?)),
        ([a, b], [c, d]) if a != b && c != d && a != c && !turned => Some((our, *theirs.first()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::table;

    #[test]
    fn r23_in_chinese() {
        table(
            &RULES[0],
            &[
                ("患者每日服用阿托伐他汀治疗", "患者每日服用二甲双胍治疗。"),
                ("该药为阿莫西林胶囊", "该药为头孢克洛胶囊。"),
                ("恒大地产有限公司披露了年度报告", "贵州茅台酒股份有限公司披露了年度报告。"),
                ("推荐使用左氧氟沙星", "推荐使用阿奇霉素。"),
                ("使用贝伐珠单抗联合化疗", "使用曲妥珠单抗联合化疗。"),
                ("中国平安保险股份有限公司实现盈利", "金宇生物技术股份有限公司实现盈利。"),
            ],
            &[
                ("患者每日服用二甲双胍", "患者每日服用二甲双胍治疗。"),
                ("服用阿莫西林", "阿莫西林胶囊每日三次。"),
                ("贵州茅台酒股份有限公司披露年报", "贵州茅台酒股份有限公司披露了年度报告。"),
                ("本公司为股份有限公司", "公司是股份有限公司。"),
                ("公司净利润增长", "公司净利润增长。"),
                ("使用左氧氟沙星治疗", "左氧氟沙星可用于治疗。"),
            ],
        );
    }

    #[test]
    fn r23_in_english() {
        table(
            &RULES[0],
            &[
                ("The patient was treated with atorvastatin.", "The patient was treated with metformin."),
                ("The report was written by John Whitfield.", "The report was written by Mary Carter."),
                ("Patients received amoxicillin for ten days.", "Patients received doxycycline for ten days."),
                ("The company acquired Granite Holdings in 2020.", "The company acquired Silver Partners in 2020."),
                ("The trial tested trastuzumab against placebo.", "The trial tested erlotinib against placebo."),
                ("The chief executive is Robert Malone.", "The chief executive is Susan Field."),
            ],
            &[
                ("The patient was treated with Metformin.", "The patient took metformin daily."),
                ("The report was written by Mary Carter.", "Mary Carter wrote the report."),
                ("General Motors paid a dividend.", "The automaker paid a dividend."),
                ("Doxycycline was given.", "Patients received doxycycline."),
                ("The rule applies in the European Union.", "The rule applies in the Union."),
                ("Costs rose in the second quarter.", "Costs rose."),
            ],
        );
    }

    #[test]
    fn r24_in_chinese() {
        table(
            &RULES[1],
            &[
                ("承租人应当履行租赁物的维修义务", "出租人应当履行租赁物的维修义务。"),
                ("贷款人应当按照约定的期限返还借款", "借款人应当按照约定的期限返还借款。"),
                ("乙方向甲方支付合同价款", "甲方向乙方支付合同价款。"),
                ("劳动者应当支付经济补偿金", "用人单位应当支付经济补偿金。"),
                ("被告承担本案诉讼费用", "原告承担本案诉讼费用。"),
                ("对照组患者死亡率显著下降", "实验组患者死亡率显著下降。"),
            ],
            &[
                ("出租人应当履行租赁物的维修义务", "出租人应当履行租赁物的维修义务。"),
                ("甲方向乙方支付合同价款", "甲方向乙方支付合同价款。"),
                ("合同价款由甲方支付给乙方", "甲方支付给乙方合同价款。"),
                ("承租人应当支付租金", "出租人应当交付租赁物。"),
                ("被告人有权辩护", "被告人有权获得辩护。"),
                ("抵押权人有权优先受偿", "抵押权人有权优先受偿。"),
            ],
        );
    }

    #[test]
    fn r24_in_english() {
        table(
            &RULES[1],
            &[
                (
                    "The lender shall repay the principal amount monthly.",
                    "The borrower shall repay the principal amount monthly.",
                ),
                (
                    "The tenant is responsible for structural repairs.",
                    "The landlord is responsible for structural repairs.",
                ),
                (
                    "The plaintiff filed a motion to dismiss the complaint.",
                    "The defendant filed a motion to dismiss the complaint.",
                ),
                ("The seller pays the closing costs to the buyer.", "The buyer pays the closing costs to the seller."),
                (
                    "The processor shall notify the supervisory authority.",
                    "The controller shall notify the supervisory authority.",
                ),
                (
                    "The employee must provide safety equipment at work.",
                    "The employer must provide safety equipment at work.",
                ),
            ],
            &[
                ("The borrower shall repay the principal.", "The borrower shall repay the principal."),
                ("Borrowers repay the loan monthly.", "The borrower repays the loan monthly."),
                (
                    "The closing costs are paid by the buyer to the seller.",
                    "The buyer pays the closing costs to the seller.",
                ),
                ("The tenant pays rent.", "The landlord maintains the roof."),
                ("The employer trains the employee.", "The employer trains the employee."),
                ("Parental leave is granted.", "The subsidiary was sold."),
            ],
        );
    }
}
