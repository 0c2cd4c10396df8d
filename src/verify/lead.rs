//! The opening of a claim that only says where it stands.

use std::sync::LazyLock;

use regex::Regex;

use super::case::Unit;
use crate::domain::verdict::{Effect, Reason};

/// The rules found the article that the claim names, and nothing wrong with how it names it.
pub fn is_grounded_reference(reasons: &[Reason]) -> bool {
    let named = |effect| reasons.iter().any(|r| r.code == "R25" && r.effect == effect);
    named(Effect::Ground) && !named(Effect::Unsupport) && !named(Effect::Contradict) && !named(Effect::Flag)
}

/// Bytes of the opening of a claim that only says where it stands: "根据《民法典》第六百七十五条的规定，", "Under
/// Article 33(1) GDPR, ".
pub fn lead(claim: &Unit<'_>) -> usize {
    static REST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^(?:\s|根据|依据|按照|依照|按|我国|中国|中华人民共和国|的|之|有关|相关|规定|明确规定|明确|指出|中
              |第|条|款|项|和|、|[《》“”()（）]|under|pursuant\ to|according\ to|in\ accordance\ with|as\ provided\ (?:in|by)|by|of|the|and)*$",
        )
        .expect("a constant pattern that compiles")
    });
    let Some(last) = claim.references.iter().map(|r| r.span).min_by_key(|s| s.start()) else { return 0 };
    let after = &claim.text[last.end().min(claim.text.len())..];
    let Some((comma, mark)) = after.char_indices().find(|(_, c)| matches!(c, '，' | ',' | '：' | ':')) else {
        return 0;
    };
    let end = last.end() + comma;
    let Some(head) = claim.text.get(..end) else { return 0 };
    // Whatever is not a reference must be mere connection.
    let mut rest = String::new();
    let mut at = 0;
    for reference in claim.references.iter().filter(|r| r.span.end() <= end) {
        rest.push_str(head.get(at..reference.span.start()).unwrap_or_default());
        at = at.max(reference.span.end());
    }
    rest.push_str(head.get(at..).unwrap_or_default());
    if REST.is_match(&rest) { end + mark.len_utf8() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{super::read, *};
    use crate::text::lang;

    #[test]
    fn only_an_opening_that_says_where_is_taken_off() {
        for (claim, rest) in [
            ("根据《民法典》第六百七十五条的规定，借款人应当返还借款。", "借款人应当返还借款。"),
            ("《民法典》第六百七十五条规定：借款人应当返还借款。", "借款人应当返还借款。"),
            ("Under Article 33(1) GDPR, the controller shall notify.", " the controller shall notify."),
        ] {
            let unit = read::unit(claim, lang::detect(claim));
            assert_eq!(&claim[lead(&unit)..], rest, "{claim} {:?}", unit.references);
        }
        for claim in [
            "借款人应当返还借款。",
            "如果违反《民法典》第六百七十五条，借款人应当支付利息。",
            "除《民法典》第六百七十五条外，借款人应当返还借款。",
            "The court held that Article 33 GDPR, which binds controllers, applies.",
            "《民法典》第六百七十五条不适用，借款人应当返还借款。",
        ] {
            assert_eq!(lead(&read::unit(claim, lang::detect(claim))), 0, "{claim}");
        }
    }
}
