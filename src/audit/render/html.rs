//! One self-contained page: the report with a verdict under every sentence, then each finding with its source.

use std::fmt::Write as _;

use crate::{
    domain::{
        audit::{Audit, Finding},
        text::Lang,
    },
    text::lang,
};

const STYLE: &str = include_str!("audit.css");
const VERDICTS: [&str; 7] =
    ["supported", "contradicted", "conflict", "unsupported", "miscited", "needs_review", "not_checked"];
/// A quotation is shown up to this many characters.
const QUOTE_CHARS: usize = 600;

/// The page, in the language of the report.
pub fn render(audit: &Audit) -> String {
    let lang = lang::detect(&audit.report.text);
    let mut page = String::new();
    head(&mut page, audit, lang);
    counts(&mut page, audit, lang);
    certificate(&mut page, audit, lang);
    report(&mut page, audit, lang);
    let _ = write!(page, "<h2>{}</h2>", say(lang, "逐句结果", "Sentence by sentence"));
    for (number, finding) in audit.findings.iter().enumerate().filter(|(_, f)| code(f) != "not_checked") {
        article(&mut page, number, finding, lang);
    }
    page.push_str("</body></html>\n");
    page
}

fn head(page: &mut String, audit: &Audit, lang: Lang) {
    let title = say(lang, "报告核查", "Report audit");
    let name = escape(&audit.report.name);
    let collections: Vec<&str> =
        audit.searched.collections.iter().map(crate::domain::document::CollectionName::as_str).collect();
    let _ = write!(
        page,
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title} · {name}</title><style>{STYLE}</style></head><body>\
         <h1>{title}：{name}</h1><p class=\"soft\">{} {} · {} {} · BLAKE3 <code>{}</code></p>",
        say(lang, "对照日期", "As of"),
        audit.as_of,
        say(lang, "知识库", "Knowledge base"),
        escape(&collections.join(", ")),
        audit.report_hash.get(..16).unwrap_or_default(),
    );
}

fn counts(page: &mut String, audit: &Audit, lang: Lang) {
    page.push_str("<ul class=\"counts\">");
    for verdict in VERDICTS {
        let count = audit.findings.iter().filter(|f| code(f) == verdict).count();
        if count > 0 {
            let _ = write!(
                page,
                "<li class=\"{verdict}\"><span class=\"verdict\">{}</span> {count}</li>",
                name(verdict, lang)
            );
        }
    }
    page.push_str("</ul>");
}

/// What is proved about "supported", in the words that an officer may repeat, and no more.
fn certificate(page: &mut String, audit: &Audit, lang: Lang) {
    let Some(certificate) = &audit.certificate else {
        let none = say(
            lang,
            "“有据”尚未经认证：评分只用于排序，不是正确概率（见 attest certify）。",
            "“Supported” is not certified here: scores rank, they are no probability of truth (see attest certify).",
        );
        let _ = write!(page, "<p class=\"soft\">{none}</p>");
        return;
    };
    for group in &certificate.groups {
        let percent = |share: f64| format!("{:.1}%", share * 100.0);
        let (n, k, tau) = (group.accepted, group.errors, group.tau);
        let (bound, sure) = (percent(group.bound), percent(1.0 - certificate.delta));
        let day = certificate.created_at.date();
        let words = match lang {
            Lang::Zh => format!(
                "{}：在贵方标注的样本中，评分不低于 {tau:.2} 且未被规则否定的 {n} 条断言有 {k} 条有误；以 {sure} 的置信度，错误率不超过 {bound}。\
                 仅适用于与样本同类的文件与生成方式，不涉及来源本身是否正确完整。（{day}，规则 {}，样本 {}）",
                group.group,
                certificate.rules_version,
                certificate.sample_sha256.get(..12).unwrap_or_default(),
            ),
            Lang::En => format!(
                "{}: of {n} claims of your labelled sample that no rule objected to and that scored {tau:.2} or more, {k} were \
                 wrong; with {sure} confidence the rate is under {bound}. This holds for documents and generators like those \
                 sampled, and says nothing about whether a source is correct or complete. ({day}, rules {}, sample {})",
                group.group,
                certificate.rules_version,
                certificate.sample_sha256.get(..12).unwrap_or_default(),
            ),
        };
        let _ = write!(page, "<p class=\"soft\">{}</p>", escape(&words));
    }
}

/// The report's own text, every byte of it, each sentence linked to its finding.
fn report(page: &mut String, audit: &Audit, lang: Lang) {
    let _ = write!(page, "<h2>{}</h2><div class=\"report\">", say(lang, "原文", "The report"));
    let text = &audit.report.text;
    let mut done = 0;
    for (number, finding) in audit.findings.iter().enumerate() {
        let span = finding.judgement.claim.span;
        if span.start() < done {
            continue;
        }
        let (Some(before), Some(sentence)) = (text.get(done..span.start()), span.of(text)) else { continue };
        let verdict = code(finding);
        let _ = write!(
            page,
            "{}<a class=\"{verdict}\" href=\"#s{number}\" title=\"{}\">{}</a>",
            escape(before),
            name(verdict, lang),
            escape(sentence)
        );
        done = span.end();
    }
    page.push_str(&escape(text.get(done..).unwrap_or_default()));
    page.push_str("</div>");
}

fn article(page: &mut String, number: usize, finding: &Finding, lang: Lang) {
    let judgement = &finding.judgement;
    let verdict = code(finding);
    let _ = write!(
        page,
        "<article id=\"s{number}\" class=\"{verdict}\"><p>{}</p><p><span class=\"verdict\">{}</span></p>",
        escape(&judgement.claim.text),
        name(verdict, lang)
    );
    if !judgement.reasons.is_empty() {
        page.push_str("<ul class=\"why\">");
        for reason in &judgement.reasons {
            let _ = write!(page, "<li>{} <code>{}</code>", escape(reason.message.in_lang(lang)), reason.code);
            if let Some(c) = &reason.comparison {
                let _ = write!(page, " — {} {} {}", escape(&c.claim), escape(&c.relation), escape(&c.source));
            }
            page.push_str("</li>");
        }
        page.push_str("</ul>");
    }
    for citation in judgement.verdict.citations() {
        let quote: String = citation.quote.chars().take(QUOTE_CHARS).collect();
        let more = if quote.len() < citation.quote.len() { "…" } else { "" };
        let _ = write!(
            page,
            "<blockquote>{}{more}<footer>{} · {} · {}–{}</footer></blockquote>",
            escape(&quote),
            escape(&citation.meta.title),
            escape(&citation.locator),
            citation.span.start(),
            citation.span.end()
        );
    }
    page.push_str("</article>");
}

const fn code(finding: &Finding) -> &'static str {
    finding.judgement.verdict.code()
}

const fn say(lang: Lang, zh: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn name(verdict: &str, lang: Lang) -> &'static str {
    match verdict {
        "supported" => say(lang, "有来源支持", "Supported"),
        "contradicted" => say(lang, "与来源矛盾", "Contradicted"),
        "conflict" => say(lang, "来源之间有冲突", "Sources disagree"),
        "unsupported" => say(lang, "无来源支持", "Unsupported"),
        "miscited" => say(lang, "引文有误", "Mis-cited"),
        "needs_review" => say(lang, "待人工复核", "Needs review"),
        _ => say(lang, "无需核查", "Not a claim"),
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_report_stays_text() {
        assert_eq!(
            escape("<script>alert('a & b')</script>"),
            "&lt;script&gt;alert(&#39;a &amp; b&#39;)&lt;/script&gt;"
        );
    }

    #[test]
    fn every_verdict_has_a_name_in_both_languages() {
        for verdict in VERDICTS {
            assert_ne!(name(verdict, Lang::Zh), name(verdict, Lang::En));
        }
    }
}
