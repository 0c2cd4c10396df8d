use proptest::prelude::*;

use super::*;
use crate::domain::{claim::DraftSentence, evidence::Label, text::Lang};

fn checked(text: &str) -> Vec<Claim> {
    from_text(text).into_iter().filter(|c| c.skip.is_none()).collect()
}

fn labels(claim: &Claim) -> Vec<u16> {
    claim.cited.iter().filter_map(|c| if let Cited::Label(Label(n)) = c { Some(*n) } else { None }).collect()
}

#[test]
fn a_report_becomes_claims_with_their_citations_and_context() {
    let report = "# 尽职调查\n\n## 财务\n\n贵州茅台酒股份有限公司成立于1999年[1]。该公司2023年营业收入为1,505亿元。[2][3] 净利润为747亿元。\n\n\
                  以下是主要风险：\n\n- 现金流下降。[4]\n- 应收账款增加\n\n您还有其他问题吗？\n";
    let claims = checked(report);
    let texts: Vec<&str> = claims.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "贵州茅台酒股份有限公司成立于1999年[1]。",
            "该公司2023年营业收入为1,505亿元。[2][3]",
            "净利润为747亿元。",
            "现金流下降。[4]",
            "应收账款增加"
        ]
    );
    assert_eq!(claims.iter().map(labels).collect::<Vec<_>>(), [vec![1], vec![2, 3], vec![], vec![4], vec![]]);
    assert_eq!(claims[1].context, ["尽职调查", "财务", "贵州茅台酒股份有限公司"]);
    assert_eq!(claims[3].context, ["尽职调查", "财务", "以下是主要风险："]);
    let skipped: Vec<NotAClaim> = from_text(report).iter().filter_map(|c| c.skip).collect();
    assert_eq!(skipped, [NotAClaim::Heading, NotAClaim::Heading, NotAClaim::Meta, NotAClaim::Question]);
}

#[test]
fn english_answers_lists_and_reference_lists() {
    let text = "Hello!\n\nThe fee is 5 dollars a month; the notice period is 30 days [2].\n\n1. Revenue rose to $1.2 billion.[^1]\n2. It fell in 2024.\n\n## References\n\n[1] Smith, J. 2020. Fees.\n";
    let claims = checked(text);
    let texts: Vec<&str> = claims.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "The fee is 5 dollars a month",
            "the notice period is 30 days [2].",
            "Revenue rose to $1.2 billion.[^1]",
            "It fell in 2024."
        ]
    );
    assert_eq!(claims.iter().map(labels).collect::<Vec<_>>(), [vec![2], vec![2], vec![1], vec![]]);
    assert!(claims.iter().all(|c| c.lang == Lang::En));
}

#[test]
fn a_table_row_is_a_claim_under_its_header() {
    let claims = checked("| 项目 | 2023年 |\n|---|---|\n| 营业收入 | 3.5亿元 |\n| 净利润 | 0.5亿元 [1] |\n");
    assert_eq!(claims.len(), 2);
    assert_eq!(claims[0].context, ["项目 | 2023年"]);
    assert_eq!(labels(&claims[1]), [1]);
}

#[test]
fn a_sentence_that_cites_is_checked_whatever_it_looks_like() {
    assert_eq!(from_text("Please consult a doctor.")[0].skip, Some(NotAClaim::Instruction));
    assert_eq!(from_text("Please consult a doctor [1].")[0].skip, None);
    assert_eq!(from_text("请咨询医生。[1]")[0].skip, None);
}

#[test]
fn malformed_citations_are_kept_for_verification_to_refuse() {
    let claims = checked("The fee is 5 dollars [0]. The term is a year [Smith 2020].");
    assert_eq!(claims[0].cited, [Cited::Malformed("[0]".to_owned())]);
    assert_eq!(claims[1].cited, [Cited::Malformed("[Smith 2020]".to_owned())]);
}

#[test]
fn short_statements_without_a_full_stop_are_claims() {
    for text in ["营业收入3.5亿元", "一、被告应承担责任\n理由如下。", "**Revenue rose 5%**\nmore", "Total revenue"]
    {
        assert!(!checked(text).is_empty(), "{text}");
    }
}

#[test]
fn a_draft_gives_one_claim_for_each_sentence() {
    let sentence = |text: &str, lead: &str| DraftSentence {
        text: text.to_owned(),
        cited: vec![Cited::Label(Label(1))],
        lead: lead.to_owned(),
    };
    let draft = Draft {
        sentences: vec![sentence("甲；乙有权解除合同，并且可以要求赔偿损失。", ""), sentence("丙。", "\n")],
    };
    let claims = from_draft(&draft);
    assert_eq!(claims.len(), 2);
    let text: String = draft.sentences.iter().flat_map(|s| [s.lead.as_str(), s.text.as_str()]).collect();
    for claim in &claims {
        assert_eq!(claim.span.of(&text), Some(claim.text.as_str()));
        assert_eq!(claim.skip, None);
    }
}

proptest! {
    #[test]
    fn any_text_gives_claims_that_slice_it_in_order(text in "(\\PC|[\n。；;.\\[\\]1-9|#*，,：“”《》 -]|[一-龥]){0,200}") {
        let claims = from_text(&text);
        let mut at = 0;
        for claim in &claims {
            prop_assert_eq!(claim.span.of(&text), Some(claim.text.as_str()));
            prop_assert!(claim.span.start() >= at);
            at = claim.span.end();
        }
    }
}
