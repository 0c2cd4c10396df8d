use std::sync::Arc;

use time::macros::date;

use super::*;
use crate::{
    domain::{
        document::{Collection, Document, DocumentMeta, Domain, Section},
        text::{Lang, Span},
    },
    ingest::{chunk::ChunkOptions, prepare::prepare},
    ports::{Instruments as _, Store as _},
    retrieve::{Engine, Options},
    store::SqliteStore,
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

fn version(title: &str, key: &str, from: Date, articles: &[(&str, &str)]) -> Document {
    let mut meta = DocumentMeta::plain(key, title, Lang::Zh, Domain::Legal);
    meta.status = DocStatus::InForce;
    meta.valid_from = Some(from);
    let mut document = Document { meta, text: String::new(), sections: Vec::new() };
    for (locator, text) in articles {
        let start = document.text.len();
        document.text.push_str(text);
        let span = Span::new(start, document.text.len());
        document.sections.push(Section { locator: (*locator).to_owned(), path: Vec::new(), page: None, span });
        document.text.push('\n');
    }
    document
}

fn laws() -> Vec<Document> {
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
    vec![civil, criminal, labour, old_company, company, trademark, third, marriage]
}

/// A knowledge base that holds these laws.
struct KnowledgeBase {
    engine: Engine,
    _home: tempfile::TempDir,
}

impl KnowledgeBase {
    async fn new() -> Self {
        let store = SqliteStore::open_in_memory().await.expect("opens");
        let name = "law".parse().expect("a name");
        let collection = Collection { name, title: "law".to_owned(), domain: Domain::Legal };
        store.create_collection(&collection).await.expect("is new");
        for law in laws() {
            let prepared = prepare(law, &[], ChunkOptions::default());
            store.put_document(&collection.name, &prepared).await.expect("is put");
        }
        let home = tempfile::tempdir().expect("a folder");
        let engine = Engine::open(Arc::new(store), None, home.path(), Options::default()).await.expect("opens");
        engine.follow().await.expect("follows");
        Self { engine, _home: home }
    }

    async fn on(&self, text: &str, said: Option<&str>, day: Date) -> ReferenceCheck {
        let reference = reference::parse(text).into_iter().next().expect("the text holds a reference");
        let instruments: Vec<_> = reference.instrument.iter().collect();
        let held = self.engine.held(&instruments).await.expect("it answers");
        check(&reference, said, day, &held)
    }

    async fn code(&self, text: &str, said: Option<&str>) -> &'static str {
        self.on(text, said, date!(2026 - 11 - 23)).await.status.code()
    }
}

/// The probes that a well-known checker of Chinese citations answers wrong, or alike for different cases.
#[tokio::test]
async fn nine_hard_probes() {
    let law = KnowledgeBase::new().await;
    // 1–3: never answered for by the parent law.
    let ReferenceCheck { status, message } =
        law.on("《劳动合同法实施条例》第十八条", None, date!(2026 - 11 - 23)).await;
    let ReferenceStatus::NotInKnowledgeBase { related, coverage } = status else { panic!("{message:?}") };
    assert_eq!(related, ["中华人民共和国劳动合同法"], "the parent law is named, and not used");
    assert_eq!(
        (coverage.instruments, coverage.newest),
        (7, Some(date!(2027 - 01 - 01))),
        "versions of one law count once"
    );
    assert_eq!(law.code("《上海市劳动合同法实施办法》第十条", None).await, "not_in_knowledge_base");
    let ReferenceStatus::InForce { key } =
        law.on("《公司法司法解释（三）》第二十四条", None, date!(2026 - 11 - 23)).await.status
    else {
        panic!("the interpretation is held")
    };
    assert_eq!(key, "company-iii");
    assert_eq!(law.code("《公司法司法解释（二）》第二十四条", None).await, "not_in_knowledge_base");
    // 4: 之一 is an article of its own.
    assert_eq!(law.code("《刑法》第一百三十三条之一", Some("醉酒驾驶机动车的，处拘役，并处罚金")).await, "in_force");
    assert_eq!(
        law.code("《刑法》第一百三十三条", Some("在道路上醉酒驾驶机动车，追逐竞驶，情节恶劣的，处拘役，并处罚金"))
            .await,
        "says_something_else"
    );
    assert_eq!(law.code("《刑法》第一百三十三条之二", None).await, "no_such_article");
    // 5: a bare name is a citation.
    assert_eq!(law.code("民法典第1254条", None).await, "in_force");
    // 6–8: repealed, held as repealed, and invented are three answers.
    let gone = law.on("《合同法》第二百零六条", None, date!(2026 - 11 - 23)).await;
    let ReferenceStatus::NoLongerInForce { until, successor, .. } = gone.status else { panic!("{:?}", gone.message) };
    assert_eq!(until, Some(date!(2020 - 12 - 31)));
    assert_eq!(successor.expect("the law that repealed it").title, "中华人民共和国民法典");
    assert_eq!(law.code("《婚姻法》第三十二条", None).await, "no_longer_in_force");
    assert_eq!(law.code("《婚姻法司法解释（三）》第一条", None).await, "no_longer_in_force");
    assert_eq!(law.code("《互联网借贷管理法》第五条", None).await, "not_in_knowledge_base");
    // 9: an existing article with the opposite meaning.
    let turned =
        law.on("《民法典》第六百七十五条", Some("借款人可以按照约定的期限返还借款"), date!(2026 - 11 - 23)).await;
    let ReferenceStatus::SaysSomethingElse { reasons, .. } = turned.status else { panic!("{:?}", turned.message) };
    assert_eq!(reasons[0].code, "R16");
}

#[tokio::test]
async fn the_day_decides() {
    let law = KnowledgeBase::new().await;
    assert_eq!(law.on("《合同法》第一条", None, date!(2019 - 06 - 01)).await.status.code(), "not_in_knowledge_base");
    assert_eq!(law.on("《民法典》第六百七十五条", None, date!(2020 - 06 - 01)).await.status.code(), "not_yet_in_force");
    assert_eq!(
        law.on("《公司法》第七十一条", Some(TRANSFER_2018), date!(2020 - 06 - 01)).await.status.code(),
        "in_force"
    );
    assert_eq!(law.code("《医疗保障法》第一条", None).await, "not_yet_in_force");
    let status = law.on("《婚姻法司法解释（三）》第一条", None, date!(2015 - 01 - 01)).await.status;
    assert_eq!(status, ReferenceStatus::InForce { key: "marriage-iii".to_owned() });
}

#[tokio::test]
async fn an_amended_article_is_told_from_a_wrong_one() {
    let law = KnowledgeBase::new().await;
    let ReferenceStatus::NoLongerInForce { amended, key, .. } =
        law.on("《公司法》第七十一条", None, date!(2026 - 11 - 23)).await.status
    else {
        panic!("only the old law has it")
    };
    assert!(amended);
    assert_eq!(key.as_deref(), Some("company-2018"));
    let ReferenceStatus::NoLongerInForce { amended, .. } =
        law.on("《公司法》第九十条", Some(TRANSFER_2018), date!(2026 - 11 - 23)).await.status
    else {
        panic!("the words stood in the old article of this number")
    };
    assert!(amended);
}

#[tokio::test]
async fn articles_paragraphs_and_items_that_do_not_exist() {
    let law = KnowledgeBase::new().await;
    let missing = law.on("《民法典》第一千三百条", None, date!(2026 - 11 - 23)).await;
    let ReferenceStatus::NoSuchArticle { last, .. } = missing.status else { panic!("{:?}", missing.message) };
    assert_eq!(last.as_deref(), Some("第一千二百六十条"));
    assert_eq!(law.code("《民法典》第一千二百五十四条第三款", None).await, "in_force");
    assert_eq!(law.code("《民法典》第一千二百五十四条第四款", None).await, "no_such_article");
    assert_eq!(law.code("《刑法》第一百三十三条之一第一款第（四）项", None).await, "in_force");
    assert_eq!(law.code("《刑法》第一百三十三条之一第一款第（五）项", None).await, "no_such_article");
    assert_eq!(law.code("《刑法》第一百三十三条之一第二款", None).await, "in_force");
    assert_eq!(law.code("《刑法》第一百三十三条之一第三款", None).await, "no_such_article");
}

#[tokio::test]
async fn right_words_under_a_wrong_number() {
    let law = KnowledgeBase::new().await;
    let wrong =
        law.on("《民法典》第一千二百五十四条", Some("借款人应当按照约定的期限返还借款"), date!(2026 - 11 - 23)).await;
    let ReferenceStatus::SaysSomethingElse { found_in, .. } = wrong.status else { panic!("{:?}", wrong.message) };
    assert_eq!(found_in.as_deref(), Some("第六百七十五条"));
    assert_eq!(law.code("《民法典》第六百七十五条", Some("借款人应当按照约定的期限返还借款")).await, "in_force");
    assert_eq!(law.code("《民法典》第六百七十五条", Some("返还借款")).await, "in_force");
    assert_eq!(law.code("《民法典》第六百七十五条", Some("")).await, "in_force");
    assert_eq!(
        law.code("《民法典》第六百七十五条", Some("“贷款人应当按照约定的期限返还借款。对借款期限没有约定”")).await,
        "says_something_else"
    );
}

#[tokio::test]
async fn what_names_no_law_is_said_to() {
    let law = KnowledgeBase::new().await;
    assert_eq!(law.code("本法第三条", None).await, "not_named");
    assert_eq!(law.code("《民法典》", None).await, "in_force");
    assert_eq!(law.code("《物权法》", None).await, "no_longer_in_force");
}
