//! R31: what "everybody knows" and no source says.

use super::{Rule, term};
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Effect, Reason},
    },
    verify::case::Case,
};

pub const RULES: &[Rule] = &[Rule { code: "R31", title: "common knowledge without a source", check }];

/// Words by which a sentence rests on its writer or on everybody.
const MARKERS: &[&str] = &[
    "众所周知",
    "一般认为",
    "普遍认为",
    "通常认为",
    "公认",
    "专家表示",
    "专家认为",
    "专家指出",
    "有专家",
    "据了解",
    "据悉",
    "据报道",
    "有研究表明",
    "研究表明",
    "研究显示",
    "业内人士",
    "我认为",
    "我们认为",
    "在我看来",
    "依我看",
    "常识",
    "it is well known",
    "it is widely known",
    "it is generally accepted",
    "it is commonly believed",
    "is generally considered",
    "is widely regarded",
    "everyone knows",
    "as we all know",
    "experts say",
    "experts agree",
    "experts believe",
    "studies show",
    "studies have shown",
    "research shows",
    "research suggests",
    "reportedly",
    "in my experience",
    "in my opinion",
    "i believe",
    "i think",
    "common knowledge",
    "common sense",
];

fn check(case: &Case<'_>) -> Vec<Reason> {
    let lower = case.claim.text.to_lowercase();
    let Some((at, word)) = MARKERS.iter().find_map(|word| Some((term::find(&lower, word)?, *word))) else {
        return Vec::new();
    };
    if !case.aligned().is_empty() {
        return Vec::new();
    }
    // Lower-casing may move bytes; then the place is not given.
    let span = Span::new(at, at + word.len());
    vec![Reason {
        code: "R31",
        effect: Effect::Flag,
        claim_span: span.of(case.claim.text).map(|_| span),
        evidence: None,
        comparison: None,
        message: Message::new(
            format!("“{word}”不是来源：没有证据谈到此事。"),
            format!("“{word}” is no source, and no evidence speaks of this."),
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::table;

    #[test]
    fn r31_in_chinese() {
        table(
            &RULES[0],
            &[
                ("众所周知，吸烟有害健康", "专利权的期限为十五年。"),
                ("专家表示，房价将继续上涨", "公司主营白酒的生产与销售。"),
                ("据报道，该药已在全球上市", "二甲双胍用于治疗糖尿病。"),
                ("我认为这一条款对买方不利", "保密义务持续三年。"),
                ("研究表明，喝咖啡可以延长寿命", "出租人应当交付租赁物。"),
                ("业内人士称行业即将洗牌", "借款人应当返还借款。"),
            ],
            &[
                ("众所周知，借款人应当返还借款", "借款人应当返还借款。"),
                ("研究表明，二甲双胍可降低血糖", "二甲双胍可降低血糖。"),
                ("专家表示，诉讼时效期间为三年", "诉讼时效期间为三年。"),
                ("吸烟有害健康", "专利权的期限为十五年。"),
                ("公司主营白酒", "公司主营白酒的生产与销售。"),
                ("本公司认定该资产已减值", "租赁期为三年。"),
            ],
        );
    }

    #[test]
    fn r31_in_english() {
        table(
            &RULES[0],
            &[
                ("It is well known that smoking kills.", "The lease runs for three years."),
                ("Experts say housing prices will rise.", "Metformin lowers glucose."),
                ("Studies show that coffee prolongs life.", "The lender may demand repayment."),
                ("In my opinion the clause is unfair.", "Revenue was 3 million."),
                ("The drug was reportedly approved everywhere.", "The tenant pays the rent monthly."),
                ("Everyone knows that the market always recovers.", "The controller notifies the authority."),
            ],
            &[
                ("It is well known that metformin lowers glucose.", "Metformin lowers glucose."),
                ("Experts say the lease runs for three years.", "The lease runs for three years."),
                ("Studies show that metformin lowers glucose levels.", "Metformin lowers glucose levels."),
                ("Smoking kills.", "The lease runs for three years."),
                ("The reported revenue was 3 million.", "Revenue was 3 million."),
                ("The company is thinking about a sale.", "The lease runs for three years."),
            ],
        );
    }
}
