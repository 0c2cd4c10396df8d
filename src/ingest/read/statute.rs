//! The lines at which articles of law and their headings begin, in plain text of both languages.
//!
//! Chinese statutes are set as 编 / 分编 / 章 / 节 over 第…条 (Legislation Law of the PRC, Art. 65); European ones as
//! "Article N", United States regulations as "§ N", contracts as "Section N".

use std::sync::LazyLock;

use regex::Regex;

use super::outline::Mark;

/// Fewer articles than this do not make a text a statute.
const ARTICLES_OF_A_STATUTE: usize = 3;

const NUMBER: &str = "[零〇一二三四五六七八九十百千0-9]";

/// `第…条`, `第…条之一`, with what Markdown may put around it.
static ZH_ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"^[\s#>*]*(第({NUMBER}+)条(?:之([一二三四五六七八九十]+))?)(.)?")).expect("a constant pattern")
});

static ZH_HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"^[\s#>*]*(第{NUMBER}+(分编|编|篇|章|节)(?:\s+\S.{{0,40}}|[^\s，。；：、]{{0,30}}))[\s*]*$"))
        .expect("a constant pattern")
});

static EN_ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^[\s#>*]*(?:(?:Article|ARTICLE|Art\.)\s+(\d+[a-z]?|[IVXLC]+)|§\s*(\d[\w.\-]*(?:\([A-Za-z0-9]+\))*)|(?:Section|SECTION|Sec\.)\s+(\d+[A-Z]?(?:\.\d+)*))(?:[.:)\*\s–—-]+(\S)|[.:*\s]*$)",
    )
    .expect("a constant pattern")
});

static EN_HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\s#>*]*((?i:title|part|subpart|chapter|subchapter)\s+(?:[IVXLC]+|\d+|[A-Z])\b.{0,100}?)[\s*]*$")
        .expect("a constant pattern")
});

/// Articles and structural headings of `text`, in order; empty where it is no statute.
pub fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut previous = (0, 0);
    let mut articles = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(locator) = zh_article(line, &mut previous).or_else(|| en_article(line)) {
            articles += 1;
            marks.push(Mark::article(start, locator));
        } else if let Some((level, title)) = heading(line) {
            marks.push(Mark::heading(start, start + line.len(), level, title));
        }
        start += line.len();
    }
    if articles < ARTICLES_OF_A_STATUTE { Vec::new() } else { marks }
}

/// `previous` is the number of the last article and its 之-number.
fn zh_article(line: &str, previous: &mut (u32, u32)) -> Option<String> {
    let found = ZH_ARTICLE.captures(line)?;
    let number = numeral(&found[2])?;
    let sub = found.get(3).map_or(Some(0), |sub| numeral(sub.as_str()))?;
    let apart = found.get(4).is_none_or(|next| next.as_str().chars().all(|c| c.is_whitespace() || c == '*'));
    let follows = if apart {
        // Numbers may be missing, and a second statute may start over; "第九条 的规定" is not a start.
        (number, sub) > *previous || number == 1
    } else {
        // Without a space it may be a wrapped reference ("第五条规定的…"): only the very next number counts.
        (number, sub) == (previous.0 + 1, 0) || (number, sub) == (previous.0, previous.1 + 1)
    };
    follows.then(|| {
        *previous = (number, sub);
        found[1].to_owned()
    })
}

fn en_article(line: &str) -> Option<String> {
    let found = EN_ARTICLE.captures(line)?;
    // "Section 5 of the Act" at the start of a wrapped line goes on in lower case.
    let goes_on = found.get(4).is_some_and(|next| next.as_str().chars().all(char::is_lowercase));
    if goes_on {
        return None;
    }
    match (found.get(1), found.get(2), found.get(3)) {
        (Some(n), ..) => Some(format!("Art. {}", n.as_str())),
        (_, Some(n), _) => Some(format!("§ {}", n.as_str().trim_end_matches(['.', '-']))),
        (.., Some(n)) => Some(format!("Section {}", n.as_str())),
        _ => None,
    }
}

fn heading(line: &str) -> Option<(u8, String)> {
    if let Some(found) = ZH_HEADING.captures(line) {
        let level = match &found[2] {
            "编" | "篇" => 1,
            "分编" => 2,
            "章" => 3,
            _ => 4,
        };
        return Some((level, tidy(&found[1])));
    }
    let found = EN_HEADING.captures(line)?;
    let title = tidy(&found[1]);
    // A sentence that starts with "Part 1 of …" is no heading.
    if title.ends_with(['.', ';', ','])
        || title.split(' ').nth(2).is_some_and(|word| word.starts_with(char::is_lowercase))
    {
        return None;
    }
    let level = match title.split(' ').next().map(str::to_lowercase).as_deref() {
        Some("title") => 1,
        Some("part") => 2,
        Some("subpart") => 3,
        Some("chapter") => 4,
        _ => 5,
    };
    Some((level, title))
}

/// One space for any white space; none at the ends, no Markdown marks.
fn tidy(text: &str) -> String {
    text.trim_matches(['*', '#', ' ']).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A whole number in Chinese or Arabic numerals, up to 9,999.
fn numeral(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (mut total, mut digit) = (0_u32, None);
    for c in text.chars() {
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => {
                let value = "零一二三四五六七八九".chars().position(|n| n == c || (c == '〇' && n == '零'))?;
                digit = Some(u32::try_from(value).ok()?);
                continue;
            }
        };
        total = total.checked_add(digit.take().filter(|&d| d > 0).unwrap_or(1) * unit)?;
    }
    total.checked_add(digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals() {
        for (text, number) in
            [("一", 1), ("十", 10), ("二十一", 21), ("一百零五", 105), ("一千二百六十", 1260), ("675", 675)]
        {
            assert_eq!(numeral(text), Some(number), "{text}");
        }
        assert_eq!(numeral("十元"), None);
    }

    fn names(text: &str) -> Vec<String> {
        marks(text).into_iter().map(|mark| mark.name).collect()
    }

    #[test]
    fn a_chinese_statute() {
        let text = "第一编　总则\n第一章　基本规定\n第一条　为了保护。\n第二条　依照\n第九条的规定办理。\n第三条之一　增加的。\n## 第二章 附则\n**第四条** 完。\n第五条自公布之日起施行。";
        assert_eq!(
            names(text),
            ["第一编 总则", "第一章 基本规定", "第一条", "第二条", "第三条之一", "第二章 附则", "第四条", "第五条"]
        );
        assert!(names("第一条　甲。\n第二条　乙。").is_empty(), "two articles are no statute");
        assert!(names("根据\n第十条规定的\n第十条规定，\n第十条第一款").is_empty(), "references are no articles");
    }

    #[test]
    fn english_statutes() {
        let text = "CHAPTER I General provisions\nArticle 1\nSubject-matter\n\nArticle 2. Scope\nas laid down in\nArticle 9 of the Treaty\nArticle 3 – Definitions\nPart 2 of this Act applies.\n";
        assert_eq!(names(text), ["CHAPTER I General provisions", "Art. 1", "Art. 2", "Art. 3"]);
        let text = "§ 1002.1 Authority.\ntext\n§ 1002.2(c) Adverse action.\n§ 1002.3 Exceptions.\n";
        assert_eq!(names(text), ["§ 1002.1", "§ 1002.2(c)", "§ 1002.3"]);
        let text = "Section 1. Term\nSection 2. Notice\nSection 10.2 Law\n";
        assert_eq!(names(text), ["Section 1", "Section 2", "Section 10.2"]);
    }
}
