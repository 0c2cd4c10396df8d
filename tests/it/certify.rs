//! `attest certify` as an officer meets it.

use std::{fmt::Write as _, fs, path::Path, process::Output};

use serde_json::Value;

use crate::program::attest;

/// Distinct claims that stand in their evidence word for word; `wrong` of them labelled wrong all the same.
fn sample(count: usize, wrong: usize) -> String {
    const FIRMS: [&str; 8] = ["东山", "西岭", "南湖", "北江", "青松", "白石", "金泉", "玉林"];
    const GOODS: [&str; 8] = ["钢材", "棉布", "粮食", "木料", "药材", "茶叶", "煤炭", "瓷器"];
    const KEEPERS: [&str; 4] = ["总部", "分部", "仓库", "代理商"];
    let mut csv = "claim,label,evidence,domain\n".to_owned();
    for n in 0..count {
        let (firm, goods, keeper) = (FIRMS[n % 8], GOODS[n / 8 % 8], KEEPERS[n / 64 % 4]);
        let claim = format!("{firm}公司的{goods}由其{keeper}保管。");
        let label = if n < wrong { "不支持" } else { "支持" };
        writeln!(csv, "{claim},{label},\"合同约定如下：{claim}双方应当遵守。\",legal").expect("a string takes it");
    }
    csv
}

fn certify(home: &Path, csv: &str, args: &[&str]) -> Output {
    let file = home.join("sample.csv");
    fs::write(&file, csv).expect("the home takes it");
    let labels = file.to_string_lossy().into_owned();
    attest(home).args(["certify", "--labels", &labels]).args(args).output().expect("the binary starts")
}

fn error(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_sample_that_proves_the_rate_is_certified_and_printed() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = certify(home.path(), &sample(200, 0), &["--alpha", "0.02", "--delta", "0.05", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let certificate: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let group = &certificate["groups"][0];
    assert_eq!((group["domain"].as_str(), group["lang"].as_str()), (Some("legal"), Some("zh")));
    assert_eq!((group["accepted"].as_u64(), group["errors"].as_u64()), (Some(200), Some(0)));
    assert!(group["bound"].as_f64().is_some_and(|bound| bound <= 0.02), "{group}");
    let kept = fs::read(home.path().join("certificate.json")).expect("it is kept");
    assert_eq!(serde_json::from_slice::<Value>(&kept).expect("it is JSON"), certificate);
    let doctor = attest(home.path()).arg("doctor").output().expect("the binary starts");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("certified legal/zh/prose (at most 2.0 % wrong)"), "{said}");
    // Another rule pack voids it.
    let other = String::from_utf8_lossy(&kept).replace(certificate["rules_version"].as_str().expect("a text"), "0.0.1");
    fs::write(home.path().join("certificate.json"), other).expect("the home takes it");
    let doctor = attest(home.path()).arg("doctor").output().expect("the binary starts");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("! the certificate is void: the rules have changed"), "{said}");
}

#[test]
fn what_proves_nothing_is_refused_with_what_is_missing() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let few = error(&certify(home.path(), &sample(60, 0), &[]));
    assert!(
        few.contains("60 accepted claims; at least 149 are needed") && few.contains("label about 89 more"),
        "{few}"
    );
    let wrong = error(&certify(home.path(), &sample(200, 6), &[]));
    assert!(wrong.contains("6 of 200 accepted claims are wrong"), "{wrong}");
    let alpha = error(&certify(home.path(), &sample(60, 0), &["--alpha", "2"]));
    assert!(alpha.contains("not between 0 and 1"), "{alpha}");
    let label = error(&certify(home.path(), "claim,label,evidence\na,maybe,b\n", &[]));
    assert!(label.contains("its label is 'maybe'"), "{label}");
    let bare = error(&certify(home.path(), "claim,label\n借款人应当返还借款。,支持\n", &[]));
    assert!(bare.contains("fill the column 'evidence'"), "{bare}");
    assert!(!home.path().join("certificate.json").exists(), "nothing was certified");
}
