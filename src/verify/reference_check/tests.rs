use time::macros::date;

use super::*;
use crate::{
    domain::{document::Domain, text::Lang},
    text::reference,
};

const LOAN: &str = "借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。";
const THROWN: &str = "禁止从建筑物中抛掷物品。从建筑物中抛掷物品或者从建筑物上坠落的物品造成他人损害的，由侵权人依法承担侵权责任；经调查难以确定具体侵权人的，除能够证明自己不是侵权人的外，由可能加害的建筑物使用人给予补偿。可能加害的建筑物使用人补偿后，有权向侵权人追偿。\n物业服务企业等建筑物管理人应当采取必要的安全保障措施防止前款规定情形的发生；未采取必要的安全保障措施的，应当依法承担未履行安全保障义务的侵权责任。\n发生本条第一款规定的情形的，公安等机关应当依法及时调查，查清责任人。";
const END: &str = "本法自2021年1月1日起施行。《中华人民共和国婚姻法》、《中华人民共和国继承法》、《中华人民共和国民法通则》、《中华人民共和国收养法》、《中华人民共和国担保法》、《中华人民共和国合同法》、《中华人民共和国物权法》、《中华人民共和国侵权责任法》、《中华人民共和国民法总则》同时废止。";
const DRUNK: &str = "在道路上驾驶机动车，有下列情形之一的，处拘役，并处罚金：\n（一）追逐竞驶，情节恶劣的；\n（二）醉酒驾驶机动车的；\n（三）从事校车业务或者旅客运输，严重超过额定乘员载客，或者严重超过规定时速行驶的；\n（四）违反危险化学品安全管理规定运输危险化学品，危及公共安全的。\n机动车所有人、管理人对前款第三项、第四项行为负有直接责任的，依照前款的规定处罚。";
const TRAFFIC: &str =
    "违反交通运输管理法规，因而发生重大事故，致人重伤、死亡或者使公私财产遭受重大损失的，处三年以下有期徒刑或者拘役。";
const TRANSFER_2018: &str = "股东向股东以外的人转让股权，应当经其他股东过半数同意。";
const TRANSFER_2024: &str = "股东死亡后，其合法继承人可以继承股东资格；公司章程另有规定的除外。";

fn version(title: &str, key: &str, from: Date, articles: &[(&str, &str)]) -> KnownVersion {
    let mut meta = DocumentMeta::plain(key, title, Lang::Zh, Domain::Legal);
    meta.status = DocStatus::InForce;
    meta.valid_from = Some(from);
    let articles =
        articles.iter().map(|(l, t)| KnownArticle { locator: (*l).to_owned(), text: (*t).to_owned() }).collect();
    KnownVersion { meta, articles }
}

fn registry() -> Registry {
    let civil = version(
        "中华人民共和国民法典",
        "civil",
        date!(2021 - 01 - 01),
        &[("第六百七十五条", LOAN), ("第一千二百五十四条", THROWN), ("第一千二百六十条", END)],
    );
    let criminal = version(
        "中华人民共和国刑法",
        "criminal",
        date!(2024 - 03 - 01),
        &[("第一百三十三条", TRAFFIC), ("第一百三十三条之一", DRUNK)],
    );
    let labour = version(
        "中华人民共和国劳动合同法",
        "labour",
        date!(2008 - 01 - 01),
        &[
            ("第十条", "建立劳动关系，应当订立书面劳动合同。"),
            ("第十八条", "劳动合同对劳动报酬和劳动条件等标准约定不明确，引发争议的，用人单位与劳动者可以重新协商。"),
        ],
    );
    let company = version(
        "中华人民共和国公司法",
        "company-2024",
        date!(2024 - 07 - 01),
        &[("第二十四条", "公司股东会召开会议可以采用电子通信方式。"), ("第九十条", TRANSFER_2024)],
    );
    let mut old_company = version(
        "中华人民共和国公司法（2018修正）",
        "company-2018",
        date!(2018 - 10 - 26),
        &[("第七十一条", TRANSFER_2018), ("第九十条", TRANSFER_2018)],
    );
    old_company.meta.status = DocStatus::Historical;
    old_company.meta.valid_to = Some(date!(2024 - 06 - 30));
    old_company.meta.superseded_by = Some("company-2024".to_owned());
    let mut trademark = version(
        "中华人民共和国医疗保障法",
        "insurance",
        date!(2027 - 01 - 01),
        &[("第一条", "为了规范医疗保障关系，制定本法。")],
    );
    trademark.meta.status = DocStatus::NotYetInForce;
    let third = version(
        "最高人民法院关于适用《中华人民共和国公司法》若干问题的规定（三）",
        "company-iii",
        date!(2011 - 02 - 16),
        &[("第二十四条", "有限责任公司的实际出资人与名义出资人订立合同，约定由实际出资人出资并享有投资权益。")],
    );
    let mut marriage = version(
        "最高人民法院关于适用《中华人民共和国婚姻法》若干问题的解释（三）",
        "marriage-iii",
        date!(2011 - 08 - 13),
        &[("第一条", "当事人以婚姻法第十条规定以外的情形申请宣告婚姻无效的，人民法院应当判决驳回当事人的申请。")],
    );
    marriage.meta.status = DocStatus::Repealed;
    marriage.meta.valid_to = Some(date!(2020 - 12 - 31));
    marriage.meta.superseded_by = Some("civil".to_owned());
    Registry::new(vec![civil, criminal, labour, old_company, company, trademark, third, marriage])
}

fn on(text: &str, said: Option<&str>, day: Date) -> ReferenceCheck {
    let reference = reference::parse(text).into_iter().next().expect("the text holds a reference");
    check(&reference, said, day, &registry())
}

fn code(text: &str, said: Option<&str>) -> &'static str {
    on(text, said, date!(2026 - 11 - 23)).answer.code()
}

/// The probes that a well-known checker of Chinese citations answers wrong, or alike for different cases.
#[test]
fn nine_hard_probes() {
    // 1–3: never answered for by the parent law.
    let ReferenceCheck { answer, message } = on("《劳动合同法实施条例》第十八条", None, date!(2026 - 11 - 23));
    let Answer::NotInKnowledgeBase { related, coverage } = answer else { panic!("{message:?}") };
    assert_eq!(related, ["中华人民共和国劳动合同法"], "the parent law is named, and not used");
    assert_eq!(
        (coverage.instruments, coverage.newest),
        (7, Some(date!(2027 - 01 - 01))),
        "versions of one law count once"
    );
    assert_eq!(code("《上海市劳动合同法实施办法》第十条", None), "not_in_knowledge_base");
    let Answer::InForce { key } = on("《公司法司法解释（三）》第二十四条", None, date!(2026 - 11 - 23)).answer
    else {
        panic!("the interpretation is held")
    };
    assert_eq!(key, "company-iii");
    assert_eq!(code("《公司法司法解释（二）》第二十四条", None), "not_in_knowledge_base");
    // 4: 之一 is an article of its own.
    assert_eq!(code("《刑法》第一百三十三条之一", Some("醉酒驾驶机动车的，处拘役，并处罚金")), "in_force");
    assert_eq!(
        code("《刑法》第一百三十三条", Some("在道路上醉酒驾驶机动车，追逐竞驶，情节恶劣的，处拘役，并处罚金")),
        "says_something_else"
    );
    assert_eq!(code("《刑法》第一百三十三条之二", None), "no_such_article");
    // 5: a bare name is a citation.
    assert_eq!(code("民法典第1254条", None), "in_force");
    // 6–8: repealed, held as repealed, and invented are three answers.
    let gone = on("《合同法》第二百零六条", None, date!(2026 - 11 - 23));
    let Answer::NoLongerInForce { until, successor, .. } = gone.answer else { panic!("{:?}", gone.message) };
    assert_eq!(until, Some(date!(2020 - 12 - 31)));
    assert_eq!(successor.expect("the law that repealed it").title, "中华人民共和国民法典");
    assert_eq!(code("《婚姻法》第三十二条", None), "no_longer_in_force");
    assert_eq!(code("《婚姻法司法解释（三）》第一条", None), "no_longer_in_force");
    assert_eq!(code("《互联网借贷管理法》第五条", None), "not_in_knowledge_base");
    // 9: an existing article with the opposite meaning.
    let turned = on("《民法典》第六百七十五条", Some("借款人可以按照约定的期限返还借款"), date!(2026 - 11 - 23));
    let Answer::SaysSomethingElse { reasons, .. } = turned.answer else { panic!("{:?}", turned.message) };
    assert_eq!(reasons[0].code, "R16");
}

#[test]
fn the_day_decides() {
    assert_eq!(on("《合同法》第一条", None, date!(2019 - 06 - 01)).answer.code(), "not_in_knowledge_base");
    assert_eq!(on("《民法典》第六百七十五条", None, date!(2020 - 06 - 01)).answer.code(), "not_yet_in_force");
    assert_eq!(on("《公司法》第七十一条", Some(TRANSFER_2018), date!(2020 - 06 - 01)).answer.code(), "in_force");
    assert_eq!(code("《医疗保障法》第一条", None), "not_yet_in_force");
    let answer = on("《婚姻法司法解释（三）》第一条", None, date!(2015 - 01 - 01)).answer;
    assert_eq!(answer, Answer::InForce { key: "marriage-iii".to_owned() });
}

#[test]
fn an_amended_article_is_told_from_a_wrong_one() {
    let Answer::NoLongerInForce { amended, key, .. } = on("《公司法》第七十一条", None, date!(2026 - 11 - 23)).answer
    else {
        panic!("only the old law has it")
    };
    assert!(amended);
    assert_eq!(key.as_deref(), Some("company-2018"));
    let Answer::NoLongerInForce { amended, .. } =
        on("《公司法》第九十条", Some(TRANSFER_2018), date!(2026 - 11 - 23)).answer
    else {
        panic!("the words stood in the old article of this number")
    };
    assert!(amended);
}

#[test]
fn articles_paragraphs_and_items_that_do_not_exist() {
    let missing = on("《民法典》第一千三百条", None, date!(2026 - 11 - 23));
    let Answer::NoSuchArticle { last, .. } = missing.answer else { panic!("{:?}", missing.message) };
    assert_eq!(last.as_deref(), Some("第一千二百六十条"));
    assert_eq!(code("《民法典》第一千二百五十四条第三款", None), "in_force");
    assert_eq!(code("《民法典》第一千二百五十四条第四款", None), "no_such_article");
    assert_eq!(code("《刑法》第一百三十三条之一第一款第（四）项", None), "in_force");
    assert_eq!(code("《刑法》第一百三十三条之一第一款第（五）项", None), "no_such_article");
    assert_eq!(code("《刑法》第一百三十三条之一第二款", None), "in_force");
    assert_eq!(code("《刑法》第一百三十三条之一第三款", None), "no_such_article");
}

#[test]
fn right_words_under_a_wrong_number() {
    let wrong = on("《民法典》第一千二百五十四条", Some("借款人应当按照约定的期限返还借款"), date!(2026 - 11 - 23));
    let Answer::SaysSomethingElse { found_in, .. } = wrong.answer else { panic!("{:?}", wrong.message) };
    assert_eq!(found_in.as_deref(), Some("第六百七十五条"));
    assert_eq!(code("《民法典》第六百七十五条", Some("借款人应当按照约定的期限返还借款")), "in_force");
    assert_eq!(code("《民法典》第六百七十五条", Some("返还借款")), "in_force");
    assert_eq!(code("《民法典》第六百七十五条", Some("")), "in_force");
    assert_eq!(
        code("《民法典》第六百七十五条", Some("“贷款人应当按照约定的期限返还借款。对借款期限没有约定”")),
        "says_something_else"
    );
}

#[test]
fn what_names_no_law_is_said_to() {
    assert_eq!(code("本法第三条", None), "not_named");
    assert_eq!(code("《民法典》", None), "in_force");
    assert_eq!(code("《物权法》", None), "no_longer_in_force");
}
