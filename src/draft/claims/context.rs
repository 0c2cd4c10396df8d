//! What a claim's reader knows from the text before it: headings, a list's lead, whom a pronoun means. Never a guess:
//! where two antecedents fit, none is given.

use std::sync::LazyLock;

use regex::Regex;

/// Names that later sentences may refer to, of the section at hand.
#[derive(Clone, Debug, Default)]
pub struct Antecedents {
    companies: Vec<String>,
    titles: Vec<String>,
}

static COMPANY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:\d{4}年(?:度|前三季度|上半年|下半年)?，?|据披露，|报告期内，)?
          (?P<zh>[\p{Han}A-Za-z（）()]{2,24}?(?:有限责任公司|股份有限公司|有限公司|集团|公司|银行|证券|保险))
        | (?P<en>\p{Lu}[\w&.’'-]*(?:\s+(?:(?:and|&|of|the)\s+)?\p{Lu}[\w&.’'-]*){0,5},?\s+(?:Inc|Corp|Corporation|Ltd|Limited|LLC|plc|PLC|AG|SE|Company|Co|Group|Holdings)\b\.?)",
    )
    .expect("a constant pattern that compiles")
});

static TITLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"《([^《》\n]{2,60})》").expect("a constant pattern that compiles"));

static REFERS_TO_COMPANY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:(?:同时|此外|另外|并且|但是?|而)[，,]?)?(?:该公司|本公司|公司|该集团|该行|该企业|其|它)
        | ^(?i:(?:the|this)\ company|the\ firm|the\ group|it|its)\b",
    )
    .expect("a constant pattern that compiles")
});

static REFERS_TO_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:(?:同时|此外|另外|并且|但是?|而)[，,]?)?(?:根据|依据|按照)?(?:该|本|此|上述)(法|条例|规定|办法|解释|细则|决定|指南|共识|文件)")
        .expect("a constant pattern that compiles")
});

impl Antecedents {
    /// Remembers the names that `sentence` brings in.
    pub fn note(&mut self, sentence: &str) {
        if let Some(found) = COMPANY.captures(sentence)
            && let Some(name) = found.name("zh").or_else(|| found.name("en"))
        {
            remember(&mut self.companies, name.as_str());
        }
        for title in TITLE.captures_iter(sentence) {
            remember(&mut self.titles, &title[1]);
        }
    }

    /// Whom the opening of `sentence` refers to, where only one name fits.
    pub fn resolve(&self, sentence: &str) -> Option<String> {
        if let Some(found) = REFERS_TO_TITLE.captures(sentence) {
            let head = &found[1];
            let mut fitting = self.titles.iter().filter(|t| t.ends_with(head) || (head == "法" && t.ends_with("法典")));
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Some(format!("《{only}》")),
                _ => None,
            };
        }
        if REFERS_TO_COMPANY.is_match(sentence) && COMPANY.captures(sentence).is_none_or(|c| is_pronoun(&c[0])) {
            return match self.companies.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            };
        }
        None
    }

    /// A new section: names before it are too far away.
    pub fn forget(&mut self) {
        self.companies.clear();
        self.titles.clear();
    }
}

fn is_pronoun(name: &str) -> bool {
    matches!(name, "该公司" | "本公司" | "该集团" | "该银行" | "本集团" | "The Company" | "The Group" | "This Company")
}

fn remember(names: &mut Vec<String>, name: &str) {
    let generic = is_pronoun(name)
        || ["该", "本", "其", "公司", "这", "上述", "The ", "This "].iter().any(|g| name.starts_with(g));
    if !generic && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(before: &[&str], sentence: &str) -> Option<String> {
        let mut known = Antecedents::default();
        for sentence in before {
            known.note(sentence);
        }
        known.resolve(sentence)
    }

    #[test]
    fn the_only_name_that_fits_is_given() {
        assert_eq!(
            resolve(&["贵州茅台酒股份有限公司成立于1999年。"], "该公司2023年营收增长。").as_deref(),
            Some("贵州茅台酒股份有限公司")
        );
        assert_eq!(
            resolve(&["Costco Wholesale Corporation is a retailer."], "It operates 861 warehouses.").as_deref(),
            Some("Costco Wholesale Corporation")
        );
        assert_eq!(
            resolve(&["《个人信息保护法》自2021年施行。"], "该法共八章。").as_deref(),
            Some("《个人信息保护法》")
        );
    }

    #[test]
    fn nothing_is_guessed() {
        let two = ["甲方科技有限公司设立。", "乙方贸易有限公司设立。"];
        assert_eq!(resolve(&two, "其营收增长。"), None, "two fit");
        assert_eq!(resolve(&[], "该公司营收增长。"), None, "none fits");
        assert_eq!(resolve(&two[..1], "营收增长。"), None, "nothing refers");
        assert_eq!(resolve(&["《民法典》施行。"], "该条例规定如下。"), None, "another kind of text");
    }
}
