//! Articles that a question names.

use super::*;

async fn bench() -> Bench {
    let bench = Bench::new().await;
    let cfpb = prepared(
        meta("12-cfr-1002", "12 CFR Part 1002 (Regulation B)", DocStatus::Unknown, Some(date!(2011 - 12 - 21)), None),
        &[
            (
                "§ 1002.5(a)",
                "General rule. A creditor may request any information in connection with a credit transaction.",
            ),
            ("§ 1002.5(b)", "Limitation on information about race, color, religion, national origin, or sex."),
            ("§ 1002.6", "Except as otherwise provided, a creditor may consider any information obtained."),
        ],
    );
    let interpretation = prepared(
        meta(
            "解释",
            "最高人民法院关于适用《中华人民共和国民法典》合同编通则若干问题的解释",
            DocStatus::InForce,
            None,
            None,
        ),
        &[("第六百七十五条", "借款人的规定之外的条文。")],
    );
    bench.store.put_documents(&name("legal-en"), &[cfpb]).await.expect("they are good");
    bench.store.put_documents(&name("legal-zh"), &[interpretation]).await.expect("they are good");
    bench
}

async fn direct(engine: &Engine, question: &str) -> Vec<String> {
    let set = engine.retrieve(&query(question)).await.expect("it answers");
    let named: Vec<_> = set.items().iter().take_while(|e| e.signals.direct).collect();
    assert!(set.items()[named.len()..].iter().all(|e| !e.signals.direct), "what is named comes first");
    named.into_iter().map(|e| format!("{} {}", e.meta.key, e.chunk.locator)).collect()
}

#[tokio::test]
async fn a_named_article_comes_first_however_it_is_written() {
    let engine = bench().await.followed().await;
    for question in [
        "《民法典》第六百七十五条",
        "民法典第675条说了什么？",
        "《中華人民共和國民法典》第六百七十五條",
        "依照《中华人民共和国民法典》第六百七十五条，借款期限没有约定的怎么办？",
    ] {
        assert_eq!(direct(&engine, question).await, ["民法典 第六百七十五条"], "{question}");
    }
    assert_eq!(direct(&engine, "What does Art. 33 GDPR say?").await, ["gdpr Art. 33"]);
    assert_eq!(direct(&engine, "Article 17 of the General Data Protection Regulation").await, ["gdpr Art. 17"]);
    assert_eq!(direct(&engine, "12 CFR 1002.6").await, ["12-cfr-1002 § 1002.6"]);
    assert_eq!(direct(&engine, "What may not be asked under § 1002.5(b)?").await, ["12-cfr-1002 § 1002.5(b)"]);
    assert_eq!(
        direct(&engine, "Explain § 1002.5").await,
        ["12-cfr-1002 § 1002.5(a)", "12-cfr-1002 § 1002.5(b)"],
        "an article stored in parts"
    );
}

#[tokio::test]
async fn several_articles_come_in_the_order_of_the_question() {
    let engine = bench().await.followed().await;
    assert_eq!(
        direct(&engine, "《民法典》第六百七十六条和第六百七十五条有什么区别").await,
        ["民法典 第六百七十六条", "民法典 第六百七十五条"]
    );
    assert_eq!(
        direct(&engine, "《民法典》第六百七十四条至第六百七十六条").await,
        ["民法典 第六百七十五条", "民法典 第六百七十六条"]
    );
}

#[tokio::test]
async fn what_is_not_there_or_not_in_force_is_not_found_directly() {
    let engine = bench().await.followed().await;
    assert!(direct(&engine, "《民法典》第九千条").await.is_empty());
    assert!(direct(&engine, "《海商法》第六百七十五条").await.is_empty());
    assert!(direct(&engine, "《合同法》第二百零六条").await.is_empty(), "repealed");
    let mut then = query("《合同法》第二百零六条");
    then.as_of = date!(2015 - 01 - 01);
    assert_eq!(ask(&engine, &then).await[0], "合同法 第二百零六条");
    let mut off = query("《民法典》第七百零三条");
    off.switches.direct = false;
    let set = engine.retrieve(&off).await.expect("it answers");
    assert!(set.items().iter().all(|e| !e.signals.direct));
}
